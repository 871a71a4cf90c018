// What type-checks of `createClient` and of `holdfast/socket`, and what must not.

import { type Client, createClient, type Settled } from 'holdfast';
import { disconnectSocketForLogout, onMessageSettled, sendMessage } from 'holdfast/socket';

const client: Client = createClient({
  receipts: false,
  send: { ack: true },
  ways: {
    typing: 'volatile',
    cursor: { way: 'latest', key: (data: { id: string }) => data.id },
    move: 'received',
  },
});

const sent: Promise<number> & { id: string } = client.send<number>(
  'move',
  { x: 1 },
  { repeat: false },
);
const none: undefined = client.send('cursor', { x: 1 }, { way: 'latest', key: 'mine' });
client.send('slow', {}, { way: 'received', ackTimeoutMs: 60_000 });
void [sent, none];
const bare: Promise<unknown> = client.send('refresh');
client.send('refresh', undefined, { ttlMs: 1000 });
client.send('beats', 7, { rest: [24, { n: 1 }] as const });
const rest: readonly unknown[][] = client.outbox().map((waiting) => [...waiting.rest]);
void [bare, rest];
// @ts-expect-error several arguments go into `rest`
client.send('beats', 7, 24);
// @ts-expect-error and it answers a promise
client.send('beats', 7, {}, () => {});

// @ts-expect-error there is no such way
createClient({ ways: { typing: 'sometimes' } });
// @ts-expect-error a key tells which messages replace each other
client.send('cursor', {}, { way: 'latest', key: {} });

const off: () => void = onMessageSettled((settled: Settled) => {
  const how: 'ack' | 'receipt' | 'echo' | undefined = settled.confirmedBy;
  void how;
});
off();
const clean: Promise<void> = disconnectSocketForLogout();
void clean;
sendMessage({ content: 'hello' }, (result) => {
  if (result.success) {
    const how: 'ack' | 'receipt' | 'echo' = result.confirmedBy;
    void how;
  }
});
