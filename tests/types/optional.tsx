// Under `exactOptionalPropertyTypes` whatever may be left out may be undefined too.

import type { Client, Options, SendOptions } from 'holdfast';
import type { HoldfastOptions } from 'holdfast/io';
import { SocketProvider, type SocketProviderProps } from 'holdfast/react';
import type { AttachOptions, DeduplicatorOptions, RedisStoreOptions } from 'holdfast/server';

export function LoggedOut({ user, client }: { user?: { id: string }; client?: Client }) {
  return <SocketProvider userId={user?.id} client={client} />;
}

/** The optional properties of `T` that cannot be given as undefined. */
type Refusing<T> = {
  [K in keyof T]-?: object extends Pick<T, K>
    ? { [P in K]: undefined } extends Pick<T, K>
      ? never
      : K
    : never;
}[keyof T];
type None<T extends never> = T;

/** All properties of an option that is a group of them. */
type Group<Name extends keyof Options> = Exclude<Options[Name], undefined | false>;

export type Checked =
  | None<Refusing<Options>>
  | None<Refusing<Group<'join'>>>
  | None<Refusing<Group<'send'>>>
  | None<Refusing<Group<'health'>>>
  | None<Refusing<Group<'presence'>>>
  | None<Refusing<Group<'events'>>>
  | None<Refusing<Group<'queue'>>>
  | None<Refusing<Group<'reconnect'>>>
  | None<Refusing<Group<'dedupe'>>>
  | None<Refusing<SendOptions>>
  | None<Refusing<HoldfastOptions>>
  | None<Refusing<SocketProviderProps>>
  | None<Refusing<DeduplicatorOptions>>
  | None<Refusing<RedisStoreOptions>>
  | None<Refusing<AttachOptions>>;

// @ts-expect-error it refuses undefined
export type Refused = None<Refusing<{ needed: string; left?: string }>>;
