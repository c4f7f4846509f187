import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import { CancelledError, messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { TransportError, type SocketWay } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import { afterMark, NoDaemonError } from './afterMark.ts';
import { farPlaces, lookCommand, parseLook, proxyCommand, waysFor, type FarEnd } from './farEnd.ts';
import type { SshTarget } from './sshTarget.ts';
import { whyNoSocket } from './whyNoSocket.ts';

/** A stream to a command at the far end. */
export interface CommandStream {
  /** Its input and output. */
  readonly stream: Duplex;
  /** What it says on its standard error so far, at most the last two kilobytes. */
  readonly complaint: () => string;
}

/** What an SSH connection can do, whichever client it is. */
export interface FarSide {
  /** @throws Error if the server will not; undefined for a client that cannot */
  readonly forward: ((socketPath: string, signal?: AbortSignal) => Promise<Duplex>) | undefined;
  /** @throws Error if the server will not */
  exec(command: string, signal?: AbortSignal): Promise<CommandStream>;
}

export interface ReachOptions {
  readonly uri: HostUri;
  readonly target: Pick<SshTarget, 'alias' | 'user'>;
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** How the socket was reached before. */
  readonly remembered: SocketWay | undefined;
  /** What is known of the far end already. */
  readonly farEnd: FarEnd | undefined;
}

const lookTimeoutMs = 10_000;
const helperTimeoutMs = 15_000;

/**
 * Opens a stream to the daemon's socket at the far end, in the first way that works: by the server itself, by
 * libvirt's helper, by netcat.
 * @throws TransportError that tells a socket that is missing, forbidden or silent from a server that forbids all ways
 */
export async function reachSocket(
  side: FarSide,
  options: ReachOptions,
): Promise<{ readonly stream: Duplex; readonly way: SocketWay }> {
  const { uri, target, readOnly, log, signal, remembered } = options;
  const places = farPlaces(uri, options.farEnd, target.user);
  if (places.length === 0) {
    throw new TransportError(
      'unsupported',
      `libvirt has no daemon of its own for the driver "${uri.driver}": leave mode=direct out of "${uri.text}".`,
    );
  }
  const ways = waysFor(uri, remembered);
  if (ways.length === 0) {
    throw new TransportError(
      'unsupported',
      `"${uri.text}" asks for virt-ssh-helper (proxy=native), which goes to no socket that is named: leave out socket= or proxy=.`,
    );
  }
  const paths = places.map((place) => (readOnly ? place.readOnly : place.socket));
  const tried: { way: SocketWay; reason: string }[] = [];
  for (const way of ways) {
    try {
      return { stream: await open(side, way, paths, options), way };
    } catch (error) {
      if (error instanceof CancelledError || error instanceof TransportError) {
        throw error; // the connection itself is gone
      }
      tried.push({ way, reason: messageOf(error) });
      log.debug(`${target.alias}: ${way}: ${messageOf(error)}`);
    }
  }
  const farEnd = (await look(side, uri, options.clock, signal)) ?? options.farEnd;
  throw whyNoSocket({ uri, target, readOnly, paths, farEnd, tried });
}

/**
 * Looks what there is at the far end. It also makes sshd send small packets at once, which it begins to do only when
 * a command was run: without it, large replies over forwards come 45 ms late.
 * @returns undefined where commands cannot be run
 */
export async function look(
  side: FarSide,
  uri: HostUri,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<FarEnd | undefined> {
  const mark = newMark();
  let command: CommandStream;
  try {
    command = await side.exec(lookCommand(mark, uri), signal);
  } catch (error) {
    if (error instanceof CancelledError || error instanceof TransportError) {
      throw error;
    }
    return undefined;
  }
  const { stream } = command;
  return new Promise((resolve) => {
    let output = '';
    const end = (): void => {
      timer.dispose();
      resolve(parseLook(output, mark));
    };
    const timer = clock.after(lookTimeoutMs, () => {
      stream.destroy();
      end();
    });
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    stream.once('close', end).once('error', end);
    stream.end();
  });
}

async function open(
  side: FarSide,
  way: SocketWay,
  paths: readonly string[],
  options: ReachOptions,
): Promise<Duplex> {
  const { farEnd, uri, readOnly, clock, signal } = options;
  if (way === 'forward') {
    return forwardFirst(side, paths, farEnd, signal);
  }
  if (farEnd && !farEnd.programs.has(way === 'helper' ? 'virt-ssh-helper' : 'nc')) {
    throw new Error(`${way === 'helper' ? 'virt-ssh-helper' : 'nc'} is not installed there`);
  }
  const usable = paths.filter((path) => farEnd?.sockets.get(path) !== 'missing');
  const candidates = way === 'helper' || usable.length === 0 ? paths.slice(0, 1) : usable;
  let failure: unknown;
  for (const path of candidates) {
    const mark = newMark();
    const { stream, complaint } = await side.exec(
      proxyCommand(way, mark, uri, path, readOnly),
      signal,
    );
    try {
      await afterMark(stream, { mark, clock, timeoutMs: helperTimeoutMs, signal });
      return stream;
    } catch (error) {
      if (!(error instanceof NoDaemonError)) {
        throw error;
      }
      const words = complaint().trim().split('\n').at(-1) ?? '';
      failure = new Error(words === '' || !error.sawMark ? error.message : words);
    }
  }
  throw failure;
}

async function forwardFirst(
  { forward }: FarSide,
  paths: readonly string[],
  farEnd: FarEnd | undefined,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  if (!forward) {
    throw new Error('this SSH client cannot forward to a socket');
  }
  let failure: unknown = new Error('there is no such socket');
  for (const path of paths) {
    if (farEnd?.sockets.get(path) === 'missing') {
      continue;
    }
    try {
      return await forward(path, signal);
    } catch (error) {
      if (error instanceof CancelledError || error instanceof TransportError) {
        throw error;
      }
      failure = error;
    }
  }
  throw failure;
}

function newMark(): string {
  return `vm-deck-${randomBytes(9).toString('hex')}`;
}
