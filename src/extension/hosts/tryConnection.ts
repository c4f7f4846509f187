import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Connection } from '../../libvirt/connection.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import { TransportError } from '../../libvirt/errors.ts';
import { openConnection } from '../../libvirt/openConnection.ts';
import { connectGetHostname, connectListAllDomains } from '../../libvirt/protocol/connect.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { L10n } from '../l10n.ts';

/** A step of the test, as it stands. */
export interface TriedStep {
  readonly label: string;
  readonly state: 'running' | 'passed' | 'failed';
  /** What was found, or why it failed. */
  readonly detail: string;
}

export interface TriedConnection {
  /** Whether the host can be used as it was asked for. */
  readonly works: boolean;
  /** Whether it can be looked at at least. */
  readonly worksReadOnly: boolean;
}

export interface TryOptions {
  readonly l10n: L10n;
  readonly createDialer: (uri: HostUri, clock: Clock) => Dialer;
  readonly clock: Clock;
  readonly log: Log;
  readonly readOnly: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (steps: readonly TriedStep[]) => void;
}

const stepDeadlineMs = 10_000;

/**
 * Goes through what a connection needs, a step at a time: the socket, the daemon's consent, the VMs. Refused for
 * want of rights, it tries whether it may look at least. Nothing is left open.
 */
export async function tryConnection(uri: HostUri, options: TryOptions): Promise<TriedConnection> {
  const done: TriedStep[] = [];
  const works = await tryOnce(uri, options, done);
  if (works === true || options.readOnly || works === undefined) {
    return { works: works === true, worksReadOnly: works === true };
  }
  const { l10n } = options;
  const label = l10n.t('Look only');
  show({ label, state: 'running', detail: '' });
  const found = await tryOnce(uri, { ...options, readOnly: true, onProgress: () => undefined }, []);
  const step: TriedStep = {
    label,
    state: found === true ? 'passed' : 'failed',
    detail:
      found === true
        ? l10n.t('VMs can be looked at, not acted on')
        : l10n.t('Not even looking is allowed'),
  };
  show(step);
  return { works: false, worksReadOnly: found === true };

  function show(last: TriedStep): void {
    options.signal.throwIfAborted();
    options.onProgress([...done, last]);
  }
}

/** @returns whether all went well; `false` where it was for want of rights, `undefined` for any other failure. */
async function tryOnce(
  uri: HostUri,
  { createDialer, clock, log, l10n, readOnly, signal, onProgress }: TryOptions,
  done: TriedStep[],
): Promise<boolean | undefined> {
  let current = l10n.t('Reach the socket');
  const next = (passed: string, label: string): void => {
    done.push({ label: current, state: 'passed', detail: passed });
    current = label;
    begin();
  };
  const begin = (): void => {
    signal.throwIfAborted();
    onProgress([...done, { label: current, state: 'running', detail: '' }]);
  };
  let connection: Connection | undefined;
  try {
    begin();
    const dialer = createDialer(uri, clock);
    connection = await openConnection({
      uri,
      dialer: {
        place: dialer.place,
        dial: async (dialling) => {
          const duplex = await dialer.dial(dialling);
          next(dialer.place, l10n.t('Be let in by libvirt'));
          return duplex;
        },
      },
      clock,
      log,
      readOnly,
      signal,
      deadlineMs: stepDeadlineMs,
    });
    const limits = { signal, deadlineMs: stepDeadlineMs };
    const { hostname } = await connection.call(connectGetHostname, undefined, limits);
    next(hostname, l10n.t('Read the VMs'));
    const { ret } = await connection.call(
      connectListAllDomains,
      { needResults: 0, flags: 0 },
      limits,
    );
    done.push({
      label: current,
      state: 'passed',
      detail: l10n.t('{0} VMs', ret),
    });
    onProgress(done);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    done.push({ label: current, state: 'failed', detail: messageOf(error) });
    onProgress(done);
    const isRefused =
      error instanceof TransportError &&
      (error.kind === 'permission' || error.kind === 'authentication');
    return isRefused ? false : undefined;
  } finally {
    connection?.close();
  }
}
