// Runs in the page of the memory test. A class in the page replaces WebSocket and acts as the server, so that only the
// package and socket.io-client are measured. It has to be set first: socket.io-client captures the class at import.

const HANDSHAKE = { sid: 's', upgrades: [], pingInterval: 2 ** 29, pingTimeout: 2 ** 29 };

window.WebSocket = class {
  constructor() {
    this.readyState = 1;
    queueMicrotask(() => {
      this.onopen();
      this.say(`0${JSON.stringify({ ...HANDSHAKE, maxPayload: 1_000_000 })}`);
    });
  }
  say(data) {
    this.onmessage({ data });
  }
  send(text) {
    // In a macrotask, as an answer over a network would be.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      this.answer(text);
    };
    port2.postMessage(null);
  }
  answer(text) {
    if (text.startsWith('40')) return this.say('40{"sid":"s"}');
    const [, id, packet] = /^42(\d*)(.*)$/.exec(text) ?? [];
    if (packet === undefined) return undefined;
    const [event, data] = JSON.parse(packet);
    if (event === 'join') this.say(`42["room:joined",{"userId":"${data}"}]`);
    if (event === 'send_message') {
      // Also sends events to the page: some messages are new, and some repeat.
      if (data.n % 10 === 0) this.say(`42["message:new",{"_id":"m${data.n}","content":"x"}]`);
      if (data.n % 100 === 0) this.say('42["user_typing",{"userId":"u2","isTyping":true}]');
    }
    return id && this.say(`43${id}[{"success":true,"messageId":"m${data?.n}"}]`);
  }
  close() {}
};

let memory;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args) {
    const instance = new target(...args);
    ({ memory } = instance.exports);
    return instance;
  },
});

const BATCH = 1000;

/** Starts the client. @param {'memory' | 'indexeddb'} storage */
window.start = async (storage) => {
  const { createClient } = await import('holdfast');
  const client = createClient({
    userId: 'u1',
    io: { transports: ['websocket'] },
    queue: { storage },
  });
  let heard = 0;
  for (const event of ['message:new', 'user_typing']) client.on(event, () => (heard += 1));
  client.onSettled(() => (heard += 1));
  client.subscribe(() => client.getState());
  client.connect();
  let sent = 0;

  /** Sends `count` messages in batches, and waits for the acknowledgements of each batch. */
  window.send = async (count) => {
    const end = sent + count;
    while (sent < end) {
      const replies = [];
      for (const last = sent + BATCH; sent < last; sent += 1) {
        // Some conversations repeat, and some have one message only.
        const recipientId = sent % 3 ? `u${sent % 50}` : `new${sent}`;
        replies.push(
          client.send('send_message', { recipientId, n: sent, content: 'x'.repeat(100) }),
        );
      }
      for (const reply of await Promise.all(replies))
        if (!reply.success) throw new Error('refused');
    }
    const { outcomes } = client.stats();
    return { ...outcomes, waiting: client.outbox().length, wasm: memory.buffer.byteLength, heard };
  };
};
