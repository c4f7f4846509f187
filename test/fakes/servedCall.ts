import type { Procedure } from '../../src/libvirt/protocol/procedure.ts';
import type { FakeConnection } from './fakeConnection.ts';
import type { FakeStream } from './fakeStream.ts';

/** A call as a fake daemon's handler sees it. */
export interface ServedCall {
  readonly procedure: Procedure<unknown, unknown>;
  readonly serial: number;
  readonly connection: FakeConnection;
  /** The daemon's side of the stream that the call opens; only of procedures that open one. */
  readonly stream: FakeStream;
}

/** A call as it came in. */
export interface ReceivedCall {
  readonly procedure: Procedure<unknown, unknown>;
  readonly args: unknown;
  readonly serial: number;
  readonly connection: FakeConnection;
}

/** Returned by a handler: the call is never answered, and stays under way at the daemon. */
export const unanswered = Symbol('unanswered');

/** Returned by a handler: the reply's body byte for byte, whatever the procedure's layout says. */
export class RawReply {
  readonly body: Uint8Array;

  constructor(body: Uint8Array) {
    this.body = body;
  }
}

type Answer<Ret> = Ret | RawReply | typeof unanswered;

/** Answers the calls of one procedure; throws a `Refusal` to refuse one. */
export type Handler<Args, Ret> = (
  args: Args,
  call: ServedCall,
) => Answer<Ret> | Promise<Answer<Ret>>;

export type AnyHandler = Handler<unknown, unknown>;
