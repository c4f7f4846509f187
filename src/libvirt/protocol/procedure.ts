import type { Codec } from '../xdr/codec.ts';

/** The programs a daemon serves on one connection. */
export const program = {
  remote: 0x2000_8086,
  keepalive: 0x6b65_6570,
} as const;

/** One remote procedure: what identifies it and how its arguments and result look on the wire. */
export interface Procedure<Args, Ret> {
  readonly program: number;
  readonly number: number;
  /** libvirt's name in camelCase, without `REMOTE_PROC_`. */
  readonly name: string;
  readonly args: Codec<Args>;
  readonly ret: Codec<Ret>;
  /** Set where the call opens a stream; the direction is that of the data seen from us. */
  readonly stream?: StreamDirection;
}

export type StreamDirection = 'read' | 'write' | 'both';

/** One kind of message the daemon sends on its own. */
export interface EventMessage<T> {
  readonly program: number;
  readonly number: number;
  readonly name: string;
  readonly message: Codec<T>;
}

/** A row of the remote program. */
export function procedure<Args, Ret>(
  name: string,
  number: number,
  args: Codec<Args>,
  ret: Codec<Ret>,
): Procedure<Args, Ret> {
  return { program: program.remote, number, name, args, ret };
}

/** A row whose call opens a stream. */
export function streamProcedure<Args, Ret>(
  name: string,
  number: number,
  stream: StreamDirection,
  args: Codec<Args>,
  ret: Codec<Ret>,
): Procedure<Args, Ret> & { readonly stream: StreamDirection } {
  return { program: program.remote, number, name, args, ret, stream };
}

/** A row of the remote program's events. */
export function eventMessage<T>(name: string, number: number, message: Codec<T>): EventMessage<T> {
  return { program: program.remote, number, name, message };
}
