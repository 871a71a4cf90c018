// The options after they were checked: every default filled in, `false` as null, names as lists.
// Not public.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads and replies are the app's

import type { Options } from './index.js';

type Filled<Group> = Required<Exclude<Group, false | undefined>>;
type Optional<Group, Keys extends keyof Group> = Omit<Group, Keys> & Partial<Pick<Group, Keys>>;
type Lists<Group> = { [Key in keyof Group]: string[] };

export interface Settings {
  url?: string;
  io: Record<string, unknown>;
  auth: unknown;
  authTimeoutMs: number;
  userId?: Options['userId'];
  join: Filled<Options['join']> | null;
  send: Optional<Filled<Options['send']>, 'verdict' | 'ack'>;
  receipts: boolean;
  ways: NonNullable<Options['ways']>;
  session: NonNullable<Options['session']>;
  health: Filled<Options['health']> | null;
  presence: Lists<Filled<Options['presence']>> | null;
  events: Lists<Omit<Filled<Options['events']>, 'typingExpiryMs'>> & { typingExpiryMs: number };
  queue: Filled<Options['queue']>;
  reconnect: Optional<Filled<Options['reconnect']>, 'onRejected' | 'onServerDisconnect'>;
  dedupe: Filled<Options['dedupe']>;
  connectedMeans: 'link' | 'accepting';
  onForceLogout?: (data: any) => void;
  onResync?: Options['onResync'];
  onError?: (error: Error) => void;
  logger: { warn(...args: unknown[]): void; debug(...args: unknown[]): void };
}
