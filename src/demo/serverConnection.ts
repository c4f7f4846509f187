import type { Duplex } from 'node:stream';
import { toError } from '../base/errors.ts';
import { decodeBody } from '../libvirt/decode.ts';
import { ProtocolError } from '../libvirt/errors.ts';
import {
  FrameDecoder,
  encodeFrame,
  frameOverhead,
  messageStatus,
  messageType,
  sealFrame,
  type Frame,
  type Header,
} from '../libvirt/frame.ts';
import { program, type EventMessage, type Procedure } from '../libvirt/protocol/procedure.ts';
import { procedures } from '../libvirt/protocol/table.ts';
import { remoteErrorCodec } from '../libvirt/protocol/types.ts';
import { XdrWriter } from '../libvirt/xdr/writer.ts';
import type { DemoTime } from './demoTime.ts';
import { DemoRefusal, rpcRefusal } from './refusal.ts';
import { ServerStream } from './serverStream.ts';
import { WrittenReply, type Client, type ServedCall } from './serving.ts';

/** `max_client_requests` of libvirtd.conf. */
const maxRequests = 5;
/** `keepalive_interval` and `keepalive_count` of libvirtd.conf. */
const pingEveryMs = 5_000;
const pingsBeforeDrop = 5;
const keepalive = { ping: 1, pong: 2 } as const;
const rowsByNumber = new Map(procedures.map((row) => [row.number, row]));

/** Returns or throws what a call is answered with. */
export type Answer = (args: unknown, call: ServedCall) => unknown;

/** The daemon's side of one client's connection, over any pair of pipes. */
export class ServerConnection implements Client {
  isReadOnly: boolean;
  openedUri: string | undefined;
  readonly #duplex: Duplex;
  readonly #answer: Answer;
  readonly #time: DemoTime;
  readonly #decoder = new FrameDecoder();
  readonly #backlog: Frame[] = [];
  readonly #streams = new Map<number, ServerStream>();
  readonly #onClose: (() => void)[] = [];
  #underWay = 0;
  #unanswered = 0;
  #isWatched = false;
  #isClosed = false;

  constructor(
    duplex: Duplex,
    options: { readonly answer: Answer; readonly time: DemoTime; readonly isReadOnly: boolean },
  ) {
    this.#duplex = duplex;
    this.#answer = options.answer;
    this.#time = options.time;
    this.isReadOnly = options.isReadOnly;
    duplex.on('data', (chunk: Buffer) => {
      this.#unanswered = 0;
      try {
        this.#backlog.push(...this.#decoder.push(chunk));
        this.#work();
      } catch {
        this.drop(); // bytes that follow no protocol: libvirtd hangs up too
      }
    });
    duplex.on('error', () => undefined);
    duplex.on('end', () => {
      this.drop();
    });
    duplex.on('close', () => {
      this.#closed();
    });
  }

  onClose(action: () => void): void {
    this.#onClose.push(action);
  }

  watch(): void {
    if (!this.#isWatched) {
      this.#isWatched = true;
      this.#watchOn();
    }
  }

  sendEvent<T>(event: EventMessage<T>, value: T): void {
    const writer = new XdrWriter(frameOverhead);
    event.message.write(writer, value);
    this.#send(writer, {
      program: event.program,
      procedure: event.number,
      type: messageType.message,
      serial: 0,
      status: messageStatus.ok,
    });
  }

  /** Closes the connection, as a daemon that is killed does. */
  drop(): void {
    this.#duplex.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#backlog.length = 0;
    for (const stream of [...this.#streams.values()]) {
      stream.close();
    }
    for (const action of this.#onClose) {
      action();
    }
  }

  #watchOn(): void {
    this.#time.after(pingEveryMs, () => {
      if (this.#isClosed) {
        return;
      }
      if (this.#unanswered >= pingsBeforeDrop) {
        this.drop();
        return;
      }
      this.#unanswered++;
      this.#sendKeepalive(keepalive.ping);
      this.#watchOn();
    });
  }

  /** With all requests under way nothing more is taken, not even a ping: so does libvirtd. */
  #work(): void {
    while (!this.#isClosed && this.#underWay < maxRequests) {
      const frame = this.#backlog.shift();
      if (!frame) {
        return;
      }
      this.#take(frame);
    }
  }

  #take({ header, body }: Frame): void {
    if (header.program === program.keepalive) {
      if (header.procedure === keepalive.ping) {
        this.#sendKeepalive(keepalive.pong);
      }
    } else if (header.type === messageType.call) {
      this.#takeCall(header, body);
    } else if (header.type === messageType.stream) {
      // Messages for a stream that is over are dropped
      this.#streams.get(header.serial)?.receive(header.status, body);
    } else {
      throw new ProtocolError(`A client sent a message of type ${header.type}.`);
    }
  }

  #takeCall(header: Header, body: Buffer): void {
    if (header.program !== program.remote) {
      this.#refuse(header, rpcRefusal('Cannot find program'));
      return;
    }
    const procedure = rowsByNumber.get(header.procedure);
    if (!procedure) {
      this.#refuse(header, rpcRefusal(`unknown procedure: ${header.procedure}`));
      return;
    }
    let args: unknown;
    try {
      args = decodeBody(procedure.args, body);
    } catch {
      this.#refuse(header, rpcRefusal('Unable to decode message payload'));
      return;
    }
    this.#underWay++;
    this.#serve(procedure, header, args).then(
      () => {
        this.#underWay--;
        this.#work();
      },
      () => {
        this.drop(); // a fault of the simulation itself: never leave a client waiting
      },
    );
  }

  async #serve(
    procedure: Procedure<unknown, unknown>,
    header: Header,
    args: unknown,
  ): Promise<void> {
    const stream = procedure.stream ? this.#createStream(header) : undefined;
    const call: ServedCall = {
      procedure,
      client: this,
      get stream(): ServerStream {
        if (!stream) {
          throw new ProtocolError(`${procedure.name} opens no stream.`);
        }
        return stream;
      },
    };
    try {
      const answer = await this.#answer(args, call);
      this.#reply(procedure, header, answer);
    } catch (error) {
      stream?.close();
      if (error instanceof ProtocolError) {
        this.#refuse(header, rpcRefusal('Unable to encode message payload'));
        return;
      }
      if (!(error instanceof DemoRefusal)) {
        throw toError(error);
      }
      this.#refuse(header, error);
      return;
    }
    stream?.opened();
  }

  #reply(procedure: Procedure<unknown, unknown>, header: Header, answer: unknown): void {
    const writer = new XdrWriter(frameOverhead);
    if (answer instanceof WrittenReply) {
      answer.write(writer);
    } else {
      procedure.ret.write(writer, answer);
    }
    this.#send(writer, { ...header, type: messageType.reply, status: messageStatus.ok });
  }

  #createStream(header: Header): ServerStream {
    const { serial } = header;
    const stream = new ServerStream({
      send: (status, body) => {
        this.#write(encodeFrame({ ...header, type: messageType.stream, status }, body));
      },
      fail: (refusal) => {
        this.#refuse(header, refusal, messageType.stream);
      },
      release: () => {
        this.#streams.delete(serial);
      },
    });
    this.#streams.set(serial, stream);
    return stream;
  }

  #refuse(header: Header, refusal: DemoRefusal, type: number = messageType.reply): void {
    const writer = new XdrWriter(frameOverhead);
    remoteErrorCodec.write(writer, {
      code: refusal.code,
      domain: refusal.domain,
      message: refusal.message,
      level: 2,
      dom: null,
      str1: refusal.format,
      str2: refusal.detail,
      str3: null,
      int1: -1,
      int2: -1,
      net: null,
    });
    this.#send(writer, { ...header, type, status: messageStatus.error });
  }

  #sendKeepalive(procedure: number): void {
    this.#write(
      encodeFrame({
        program: program.keepalive,
        procedure,
        type: messageType.message,
        serial: 0,
        status: messageStatus.ok,
      }),
    );
  }

  #send(writer: XdrWriter, header: Header): void {
    this.#write(sealFrame(writer.bytes(), header));
  }

  #write(bytes: Buffer): void {
    if (!this.#isClosed && !this.#duplex.destroyed) {
      this.#duplex.write(bytes);
    }
  }
}
