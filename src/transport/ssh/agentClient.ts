import ssh2, { type BaseAgent, type ParsedKey } from 'ssh2';
import type { Duplex } from 'node:stream';
import { onAbort } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { DisposableStore } from '../../base/disposable.ts';
import { keyTypeOf } from './knownHosts.ts';

/** A key that an agent holds. */
export interface AgentKey {
  readonly blob: Buffer;
  readonly comment: string;
  readonly keyType: string;
}

const listTimeoutMs = 5_000;
const longestAnswerBytes = 1 << 20;
const agentMessage = { requestIdentities: 11, identitiesAnswer: 12 } as const;

/** Talks to an SSH agent: a unix socket, a named pipe of Windows, or Cygwin's imitation of a socket. */
export class AgentClient {
  readonly #agent: BaseAgent;
  readonly #clock: Clock;

  /** @param path the agent's socket or pipe */
  constructor(path: string, clock: Clock) {
    this.#agent = ssh2.createAgent(path);
    this.#clock = clock;
  }

  /** Its keys in its order, those included that we cannot use. @throws Error if it does not answer. */
  async keys(signal: AbortSignal): Promise<readonly AgentKey[]> {
    const stream = await new Promise<Duplex>((resolve, reject) => {
      if (!this.#agent.getStream) {
        throw new Error('The agent cannot be talked to.');
      }
      this.#agent.getStream((error, opened) => {
        if (error || !opened) {
          reject(error ?? new Error('The agent cannot be reached.'));
        } else {
          resolve(opened);
        }
      });
    });
    try {
      const answer = await this.#ask(stream, agentMessage.requestIdentities, signal);
      return parseIdentities(answer);
    } finally {
      stream.destroy();
    }
  }

  /**
   * Has the agent sign, which may wait for a person to touch something.
   * @param hash of RSA keys: `sha256` or `sha512`
   */
  sign(key: ParsedKey, data: Buffer, hash: string | undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = hash === undefined ? {} : { hash: hash as 'sha256' };
      this.#agent.sign(key, data, options, (error, signature) => {
        if (error || !signature) {
          reject(error ?? new Error('The agent gave no signature.'));
        } else {
          resolve(signature);
        }
      });
    });
  }

  #ask(stream: Duplex, message: number, signal: AbortSignal): Promise<Buffer> {
    const watches = new DisposableStore();
    return new Promise<Buffer>((resolve, reject) => {
      signal.throwIfAborted();
      let received = Buffer.alloc(0);
      const fail = (why: string): void => {
        reject(new Error(`The SSH agent ${why}.`));
      };
      stream.on('error', () => {
        fail('broke off');
      });
      stream.on('close', () => {
        fail('hung up');
      });
      stream.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const length = received.length < 4 ? undefined : received.readUInt32BE(0);
        if (length !== undefined && length > longestAnswerBytes) {
          fail('does not speak the protocol of agents');
        } else if (length !== undefined && received.length >= 4 + length) {
          resolve(received.subarray(4, 4 + length));
        }
      });
      watches.add(
        this.#clock.after(listTimeoutMs, () => {
          fail(`did not answer within ${listTimeoutMs / 1000} s`);
        }),
      );
      watches.add(
        onAbort(signal, () => {
          fail('was not waited for');
        }),
      );
      stream.write(Buffer.from([0, 0, 0, 1, message]));
    }).finally(() => {
      watches.dispose();
    });
  }
}

/** @throws Error for an answer that is none. */
function parseIdentities(answer: Buffer): readonly AgentKey[] {
  if (answer[0] !== agentMessage.identitiesAnswer || answer.length < 5) {
    throw new Error('The SSH agent does not say which keys it has.');
  }
  const keys: AgentKey[] = [];
  let at = 5;
  const next = (): Buffer => {
    const end = at + 4 + (at + 4 <= answer.length ? answer.readUInt32BE(at) : Infinity);
    if (end > answer.length) {
      throw new Error('The answer of the SSH agent is cut off.');
    }
    const part = answer.subarray(at + 4, end);
    at = end;
    return part;
  };
  for (let left = answer.readUInt32BE(1); left > 0; left--) {
    const blob = next();
    const comment = next().toString('utf8');
    keys.push({ blob, comment, keyType: keyTypeOf(blob) ?? 'unknown' });
  }
  return keys;
}
