// The options after they are checked: every default filled in, `false` as null, names as lists. Not public.
// biome-ignore-all lint/suspicious/noExplicitAny: payloads and replies are the app's

import type { Options } from './index.js';

/** The same group, with each field present and none undefined. */
export type Defined<Group> = { [Key in keyof Group]-?: Exclude<Group[Key], undefined> };
type Filled<Group> = Defined<Exclude<Group, false | undefined>>;
type Optional<Group, Keys extends keyof Group> = Omit<Group, Keys> & Partial<Pick<Group, Keys>>;
type Lists<Group> = { [Key in keyof Group]: string[] };

/** The checked options. */
export interface Settings {
  url?: string | undefined;
  io: Record<string, unknown>;
  auth: unknown;
  authTimeoutMs: number;
  userId?: Options['userId'] | undefined;
  join: Filled<Options['join']> | null;
  send: Optional<Filled<Options['send']>, 'verdict' | 'ack'>;
  receipts: boolean;
  feed: boolean;
  ways: NonNullable<Options['ways']>;
  session: NonNullable<Options['session']>;
  health: Filled<Options['health']> | null;
  presence: Lists<Filled<Options['presence']>> | null;
  events: Lists<Omit<Filled<Options['events']>, 'typingExpiryMs'>> & { typingExpiryMs: number };
  queue: Filled<Options['queue']>;
  reconnect: Optional<Filled<Options['reconnect']>, 'onRejected' | 'onServerDisconnect'>;
  dedupe: Filled<Options['dedupe']>;
  connectedMeans: 'link' | 'accepting';
  onForceLogout?: ((data: any) => void) | undefined;
  onResync?: Options['onResync'] | undefined;
  onError?: ((error: Error) => void) | undefined;
  logger: { warn(...args: unknown[]): void; debug(...args: unknown[]): void };
}
