import type { Connection } from '../libvirt/connection.ts';
import { TransportError } from '../libvirt/errors.ts';
import type { Procedure } from '../libvirt/protocol/procedure.ts';

/** Who makes the calls of a reading. */
export type Caller = Pick<Connection, 'call'>;

/** A part of a host was not read, since something of it does not answer. */
export class HeldUpError extends Error {
  /** Such as `storage pools`. */
  readonly part: string;

  constructor(part: string, cause: Error) {
    super(
      `The ${part} of this host could not be read: libvirt does not answer, perhaps because one of them waits for a server that is gone. They are read as soon as it does.`,
      { cause },
    );
    this.part = part;
  }
}

export interface PartReaderOptions {
  readonly connection: Connection;
  /** What the part is called in sentences, such as `storage pools`. */
  readonly name: string;
  /** Reads it and takes it over. */
  readonly read: (caller: Caller) => Promise<void>;
  /** What held it up has answered. */
  readonly onRelease: () => void;
}

/**
 * Reads a part of a host that one thing of it can hold up: a daemon lists no pool while one of them waits for the server of
 * its share. A call that is given up is still at the daemon and keeps its place on the connection. So there is one reading at
 * a time, and none until those calls have returned: they are their own watch.
 */
export class PartReader {
  readonly #options: PartReaderOptions;
  #reading: Promise<void> | undefined;
  #readAgain = false;
  /** Calls that were given up and have not returned. */
  #held = 0;

  constructor(options: PartReaderOptions) {
    this.#options = options;
  }

  /**
   * Reads the part now; a call while it is being read waits for a reading that starts after it.
   * @throws HeldUpError; what the calls throw otherwise
   */
  read(): Promise<void> {
    if (this.#reading) {
      this.#readAgain = true;
    } else {
      this.#reading = this.#readOn().finally(() => {
        this.#reading = undefined;
        this.#readAgain = false;
      });
    }
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    try {
      do {
        await this.#options.read({ call: this.#call });
      } while (this.#takeReadAgain());
    } catch (error) {
      if (error instanceof TransportError && error.kind === 'timeout') {
        throw new HeldUpError(this.#options.name, error);
      }
      throw error;
    }
  }

  #takeReadAgain(): boolean {
    const wanted = this.#readAgain;
    this.#readAgain = false;
    return wanted;
  }

  readonly #call = async <Args, Ret>(procedure: Procedure<Args, Ret>, args: Args): Promise<Ret> => {
    if (this.#held > 0) {
      throw new TransportError('timeout', `${procedure.name} would wait behind others.`, {
        outcome: 'notSent',
      });
    }
    const { connection, onRelease } = this.#options;
    const onLateReply = (): void => {
      this.#held--;
      if (this.#held === 0 && !connection.isClosed) {
        onRelease();
      }
    };
    try {
      return await connection.call(procedure, args, { onLateReply });
    } catch (error) {
      if (error instanceof TransportError && error.kind === 'timeout') {
        this.#held += error.outcome === 'unknown' ? 1 : 0;
      }
      throw error;
    }
  };
}
