import * as net from 'node:net';

/** How a connection is cut: in order, or at once so that what is on the way is lost. */
export type CutKind = 'end' | 'reset';

/** Sends RST at once; Node's own `resetAndDestroy` first waits until everything is written. */
function reset(socket: net.Socket): void {
  const { _handle } = socket as unknown as { _handle?: { reset(done: () => void): number } | null };
  _handle?.reset(() => undefined);
  socket.destroy();
}

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  /** Bytes that may yet pass, both directions together. */
  left: number;
  readonly how: CutKind;
}

/**
 * A TCP proxy on 127.0.0.1 that does what networks do: it cuts connections after a number of bytes, swallows
 * everything, takes its time, or refuses. Without any of these it passes every byte on.
 */
export class FaultProxy {
  readonly #server: net.Server;
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  #cut: { readonly bytes: number; readonly how: CutKind } | undefined;
  #isStalled = false;
  #isRefusing = false;
  #accepted = 0;
  /** Milliseconds that every byte takes longer, each way. */
  delayMs = 0;

  private constructor(server: net.Server, target: number) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => {
      this.#take(client);
    });
  }

  /** Opens one before a port of 127.0.0.1. Close it, or the test process does not end. */
  static async open(target: number): Promise<FaultProxy> {
    const server = net.createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultProxy(server, target);
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** Connections that came in so far, refused ones included. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Connections made from now on break after this many bytes, both directions together; undefined: they do not. */
  cutAfter(bytes: number | undefined, how: CutKind = 'reset'): void {
    this.#cut = bytes === undefined ? undefined : { bytes, how };
  }

  /** Cuts what is open now. */
  cutAll(how: CutKind = 'reset'): void {
    for (const pair of [...this.#pairs]) {
      this.#end(pair, how);
    }
  }

  /** A black hole: connections stay and are accepted, and nothing passes. */
  stall(): void {
    this.#isStalled = true;
    for (const { client, server } of this.#pairs) {
      client.pause();
      server.pause();
    }
  }

  /** The black hole gives back what it swallowed. */
  flow(): void {
    this.#isStalled = false;
    for (const { client, server } of this.#pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Whether connections made from now on are reset at once, as by a machine whose server is down. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.cutAll();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #take(client: net.Socket): void {
    this.#accepted++;
    if (this.#isRefusing) {
      reset(client);
      return;
    }
    const server = net.connect({ host: '127.0.0.1', port: this.#target, noDelay: true });
    const pair: Pair = {
      client,
      server,
      left: this.#cut?.bytes ?? Number.POSITIVE_INFINITY,
      how: this.#cut?.how ?? 'reset',
    };
    this.#pairs.add(pair);
    this.#pass(pair, client, server);
    this.#pass(pair, server, client);
    if (this.#isStalled) {
      client.pause();
      server.pause();
    }
  }

  #pass(pair: Pair, from: net.Socket, to: net.Socket): void {
    from.on('data', (chunk: Buffer) => {
      const passed = chunk.subarray(0, pair.left);
      pair.left -= passed.length;
      const isLast = pair.left <= 0;
      this.#later(() => {
        if (to.writable && !to.write(passed)) {
          from.pause();
          to.once('drain', () => {
            if (!this.#isStalled) {
              from.resume();
            }
          });
        }
        if (isLast) {
          this.#end(pair, pair.how);
        }
      });
    });
    from.on('end', () => {
      this.#later(() => to.end());
    });
    from.on('error', () => {
      this.#end(pair, 'reset');
    });
    from.on('close', () => {
      this.#later(() => {
        this.#end(pair, 'end');
      });
    });
  }

  #later(what: () => void): void {
    if (this.delayMs > 0) {
      setTimeout(what, this.delayMs);
    } else {
      what();
    }
  }

  #end(pair: Pair, how: CutKind): void {
    if (!this.#pairs.delete(pair)) {
      return;
    }
    for (const socket of [pair.client, pair.server]) {
      if (how === 'reset') {
        reset(socket);
      } else {
        socket.end();
        socket.destroySoon();
      }
    }
  }
}
