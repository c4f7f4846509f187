import type { EventMessage, Procedure } from '../libvirt/protocol/procedure.ts';
import type { XdrWriter } from '../libvirt/xdr/writer.ts';
import type { ServerStream } from './serverStream.ts';

/** A client as those see it who answer its calls. */
export interface Client {
  isReadOnly: boolean;
  /** The URI it opened, once it has. */
  openedUri: string | undefined;
  /** From now on it is pinged, and dropped should it not answer. */
  watch(): void;
  sendEvent<T>(event: EventMessage<T>, value: T): void;
  onClose(action: () => void): void;
}

/** A call while it is served. */
export interface ServedCall {
  readonly procedure: Procedure<unknown, unknown>;
  readonly client: Client;
  /** Only of procedures that open one. */
  readonly stream: ServerStream;
}

/** A reply whose body is written by hand, for what is large. */
export class WrittenReply {
  readonly write: (writer: XdrWriter) => void;

  constructor(write: (writer: XdrWriter) => void) {
    this.write = write;
  }
}

/** Answers the calls of one procedure; throws a `DemoRefusal` to refuse one. */
export type Handler<Args, Ret> = (
  args: Args,
  call: ServedCall,
) => Ret | WrittenReply | Promise<Ret | WrittenReply>;

/** Which procedure is answered how. */
export class Handlers {
  readonly #byName = new Map<string, Handler<unknown, unknown>>();

  on<Args, Ret>(procedure: Procedure<Args, Ret>, handler: Handler<Args, Ret>): this {
    this.#byName.set(procedure.name, handler as Handler<unknown, unknown>);
    return this;
  }

  get(procedure: Procedure<unknown, unknown>): Handler<unknown, unknown> | undefined {
    return this.#byName.get(procedure.name);
  }
}
