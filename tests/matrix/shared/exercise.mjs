// What an app of every kind does with the package: a message by each way to send one. It imports nothing: each
// app hands in what it imported, so that the same lines run in a page, in Node, in Jest and in Vitest.

/** What `exercise` answers when all is well. The server's acknowledgements are in it. */
export const EXPECTED = {
  send: { success: true, messageId: 'by send' },
  sendMessage: 'by sendMessage, by ack',
  emit: 'by emit',
  react: 'by React',
};

/** The same where nothing can be mounted: React renders as a server does. */
export const EXPECTED_OF_SERVER = { ...EXPECTED, react: 'idle' };

/**
 * @param {object} imports
 * @param {any} imports.core all exports of `holdfast`
 * @param {any} imports.socket all exports of `holdfast/socket`
 * @param {any} imports.io all exports of `holdfast/io`
 * @param {any} imports.react all exports of `holdfast/react`
 * @param {any} imports.React all exports of `react`
 * @param {(element: any) => any} [imports.mount] renders into the page; else `renderToString`
 * @param {(element: any) => string} [imports.renderToString]
 * @param {string} url of the server
 */
export async function exercise({ react, React, mount, renderToString, ...entries }, url) {
  const found = await exerciseWithoutReact(entries, url);
  const forReact = { react, React, mount, renderToString };
  return { ...found, react: await sendByReact(entries.core, forReact, url) };
}

/**
 * The same without React, for code that only servers run.
 *
 * @param {object} imports
 * @param {string} url
 * @param {object} [options] of socket.io-client
 */
export async function exerciseWithoutReact({ core, socket, io }, url, options = {}) {
  return {
    send: await sendByClient(core, url, options),
    sendMessage: await sendByModule(socket, url, options),
    emit: await emitByIo(io, url, options),
  };
}

async function sendByClient({ createClient }, url, io) {
  const client = createClient(optionsFor(url, io));
  client.connect();
  try {
    return await client.send('send_message', { content: 'by send' });
  } finally {
    client.destroy();
  }
}

async function sendByModule(socket, url, io) {
  socket.configureSocket(optionsFor(url, io));
  socket.initializeSocket('alice');
  const result = await socket.sendMessage({ recipientId: 'bob', content: 'by sendMessage' });
  socket.disconnectSocket();
  return `${result.messageId ?? result.error}, by ${result.confirmedBy}`;
}

function emitByIo({ io }, url, options) {
  return new Promise((resolve) => {
    const socket = io(url, options);
    socket.on('noted', (text) => {
      socket.disconnect();
      resolve(text);
    });
    socket.emit('note', 'by emit');
  });
}

async function sendByReact({ createClient }, { react, React, mount, renderToString }, url) {
  const { createElement } = React;
  const client = createClient(optionsFor(url));
  const around = (component) =>
    createElement(react.SocketProvider, { client }, createElement(component));
  try {
    if (!mount) return renderToString(around(() => react.useSocket().phase));
    return await new Promise((resolve) => {
      mount(
        around(() => {
          const { send, messages } = react.useSendMessage();
          React.useEffect(() => {
            send({ content: 'by React' });
          }, [send]);
          React.useEffect(() => {
            if (messages[0]?.status === 'sent') resolve(messages[0].reply.messageId);
          }, [messages]);
          return messages.map(({ status }) => status).join();
        }),
      );
    });
  } finally {
    client.destroy();
  }
}

const optionsFor = (url, io = {}) => ({ url, io, userId: 'alice', auth: { token: 'any' } });
