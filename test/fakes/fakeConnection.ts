import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import {
  encodeFrame,
  FrameDecoder,
  messageStatus,
  messageType,
  type Frame,
  type Header,
} from '../../src/libvirt/frame.ts';
import {
  program,
  type EventMessage,
  type Procedure,
} from '../../src/libvirt/protocol/procedure.ts';
import { procedures } from '../../src/libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../../src/libvirt/protocol/types.ts';
import { FakeStream } from './fakeStream.ts';
import { Refusal, rpcRefusal } from './refusal.ts';
import { RawReply, unanswered, type ReceivedCall, type ServedCall } from './servedCall.ts';
import { decode, encode, wireError } from './wire.ts';

const keepalive = { ping: 1, pong: 2 } as const;
const rowsByNumber = new Map(procedures.map((row) => [row.number, row]));

/** What a connection needs of its daemon. */
export interface FakeService {
  /** Calls of one connection that are served at a time; with that many under way nothing more is read. */
  readonly maxRequests: number;
  received(call: ReceivedCall): void;
  /** Returns or throws what the call is answered with. */
  answer(args: unknown, call: ServedCall): unknown;
}

/** An event that a client registered for. */
export interface Registration {
  /** The procedure's name, such as `connectDomainEventCallbackRegisterAny`. */
  readonly procedure: string;
  readonly eventID: number;
  readonly callbackID: number;
}

/** The daemon's side of one client's connection. */
export class FakeConnection {
  readonly #duplex: Duplex;
  readonly #service: FakeService;
  readonly #decoder = new FrameDecoder();
  readonly #backlog: Frame[] = [];
  readonly #streams = new Map<number, FakeStream>();
  #batch: Buffer[] | undefined;
  #frozen = false;
  #underWay = 0;

  /** The calls that came, in order. */
  readonly calls: ReceivedCall[] = [];
  readonly registrations: Registration[] = [];
  isAuthenticated = false;
  /** What the client asked to open. */
  opened: { readonly name: string | null; readonly flags: number } | undefined;
  /** Whether the client's pings are answered. */
  answersPings = true;
  pingsReceived = 0;
  pongsReceived = 0;
  /** What the client sent that no daemon could understand. */
  failure: unknown;

  constructor(duplex: Duplex, service: FakeService) {
    this.#duplex = duplex;
    this.#service = service;
    duplex.on('data', (chunk: Buffer) => {
      try {
        this.#backlog.push(...this.#decoder.push(chunk));
        this.#work();
      } catch (error) {
        this.failure = error;
        this.drop();
      }
    });
    duplex.on('error', () => undefined);
  }

  /** Calls under way, as the daemon counts them. */
  get inFlight(): number {
    return this.#underWay;
  }

  /** Bytes sent that the client has not taken yet. */
  get bytesUnsent(): number {
    return this.#duplex.writableLength;
  }

  get isClosed(): boolean {
    return this.#duplex.destroyed;
  }

  /** Resolves once the connection is gone. */
  async whenClosed(): Promise<void> {
    if (!this.#duplex.destroyed) {
      await once(this.#duplex, 'close');
    }
  }

  /** The calls that came of one procedure: their arguments, in order. */
  callsOf<Args, Ret>(procedure: Procedure<Args, Ret>): readonly Args[] {
    return this.calls
      .filter((call) => call.procedure.number === procedure.number)
      .map((call) => call.args as Args);
  }

  sendEvent<T>(event: EventMessage<T>, value: T): void {
    this.sendFrame(
      {
        program: event.program,
        procedure: event.number,
        type: messageType.message,
        serial: 0,
        status: messageStatus.ok,
      },
      encode(event.message, value),
    );
  }

  sendFrame(header: Header, body?: Uint8Array): void {
    this.sendRaw(encodeFrame(header, body));
  }

  /** Sends any bytes at all. */
  sendRaw(bytes: Uint8Array): void {
    if (this.#batch) {
      this.#batch.push(Buffer.from(bytes));
    } else if (!this.#duplex.destroyed) {
      this.#duplex.write(bytes);
    }
  }

  /** All that `action` sends leaves in one piece. */
  batch(action: () => void): void {
    this.#batch = [];
    try {
      action();
    } finally {
      const bytes = Buffer.concat(this.#batch);
      this.#batch = undefined;
      this.sendRaw(bytes);
    }
  }

  ping(): void {
    this.#sendKeepalive(keepalive.ping);
  }

  /** Answers a call that a handler left unanswered. */
  reply<Args, Ret>(procedure: Procedure<Args, Ret>, serial: number, value: Ret): void {
    this.#underWay--;
    this.#sendReply(procedure, serial, messageStatus.ok, encode(procedure.ret, value));
    this.#work();
  }

  /** From now on accepts everything and answers nothing, as a daemon stopped by SIGSTOP. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Goes on where it was frozen. */
  thaw(): void {
    this.#frozen = false;
    this.#work();
  }

  /** From now on takes nothing from the transport, so that the client's writes come to wait. */
  pauseReading(): void {
    this.#duplex.pause();
  }

  resumeReading(): void {
    this.#duplex.resume();
  }

  /** Closes the connection: what was sent still arrives. */
  drop(): void {
    this.#duplex.destroy();
  }

  #work(): void {
    while (!this.#frozen && this.#underWay < this.#service.maxRequests) {
      const frame = this.#backlog.shift();
      if (!frame) {
        return;
      }
      this.#take(frame);
    }
  }

  #take({ header, body }: Frame): void {
    if (header.program === program.keepalive) {
      this.#takeKeepalive(header.procedure);
    } else if (header.type === messageType.call) {
      this.#takeCall(header, body);
    } else if (header.type === messageType.stream) {
      this.#takeStream(header, body);
    } else {
      throw new Error(`A client sent a message of type ${header.type}.`);
    }
  }

  #takeKeepalive(kind: number): void {
    if (kind === keepalive.pong) {
      this.pongsReceived++;
      return;
    }
    this.pingsReceived++;
    if (this.answersPings) {
      this.#sendKeepalive(keepalive.pong);
    }
  }

  #takeCall(header: Header, body: Buffer): void {
    const { serial } = header;
    const procedure = rowsByNumber.get(header.procedure);
    if (procedure?.program !== header.program) {
      this.#sendRefusal(header, rpcRefusal(`unknown procedure: ${header.procedure}`));
      return;
    }
    let args: unknown;
    try {
      args = decode(procedure.args, body);
    } catch {
      this.#sendRefusal(header, rpcRefusal('Unable to decode message payload'));
      return;
    }
    const received = { procedure, args, serial, connection: this };
    this.calls.push(received);
    this.#service.received(received);
    this.#underWay++;
    this.#answer(procedure, header, args).catch((error: unknown) => {
      this.failure = error;
      this.drop();
    });
  }

  async #answer(
    procedure: Procedure<unknown, unknown>,
    header: Header,
    args: unknown,
  ): Promise<void> {
    const { serial } = header;
    const stream = procedure.stream ? this.#createStream(header) : undefined;
    const call: ServedCall = {
      procedure,
      serial,
      connection: this,
      get stream(): FakeStream {
        if (!stream) {
          throw new Error(`${procedure.name} opens no stream.`);
        }
        return stream;
      },
    };
    let answer: unknown;
    try {
      answer = await this.#service.answer(args, call);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        throw error;
      }
      this.#underWay--;
      this.#sendRefusal(header, error);
      this.#work();
      return;
    }
    if (answer === unanswered) {
      return;
    }
    this.#underWay--;
    const body = answer instanceof RawReply ? answer.body : encode(procedure.ret, answer);
    this.batch(() => {
      this.#sendReply(procedure, serial, messageStatus.ok, body);
      if (stream) {
        this.#streams.set(serial, stream);
        stream.opened();
      }
    });
    this.#work();
  }

  #createStream(header: Header): FakeStream {
    const streamHeader = { ...header, type: messageType.stream };
    return new FakeStream({
      send: (status, body) => {
        if (status === messageStatus.ok) {
          this.#streams.delete(header.serial);
        }
        this.sendFrame({ ...streamHeader, status }, body);
      },
      sendRefusal: (refusal) => {
        this.#streams.delete(header.serial);
        this.sendFrame(
          { ...streamHeader, status: messageStatus.error },
          encode(remoteErrorCodec, wireError(refusal)),
        );
      },
    });
  }

  #takeStream({ serial, status }: Header, body: Buffer): void {
    const stream = this.#streams.get(serial);
    // Messages for a stream that is closed already are dropped, as libvirtd does
    stream?.receive(status, body);
    if (stream && status === messageStatus.error) {
      stream.confirm(); // as libvirtd does: what is given up by the client is no failure
    }
  }

  #sendReply(
    procedure: Pick<Procedure<never, never>, 'program' | 'number'>,
    serial: number,
    status: number,
    body: Uint8Array,
  ): void {
    this.sendFrame(
      {
        program: procedure.program,
        procedure: procedure.number,
        type: messageType.reply,
        serial,
        status,
      },
      body,
    );
  }

  #sendRefusal(header: Header, refusal: Refusal): void {
    this.sendFrame(
      { ...header, type: messageType.reply, status: messageStatus.error },
      encode(remoteErrorCodec, wireError(refusal)),
    );
  }

  #sendKeepalive(procedure: number): void {
    this.sendFrame({
      program: program.keepalive,
      procedure,
      type: messageType.message,
      serial: 0,
      status: messageStatus.ok,
    });
  }
}
