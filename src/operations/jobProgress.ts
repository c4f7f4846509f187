import { onAbort } from '../base/abort.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { HostSession } from '../inventory/hostSession.ts';
import { isUnsupported, wireDomain } from '../inventory/readDomains.ts';
import { jobType } from '../libvirt/constants.ts';
import { errorCode, LibvirtError } from '../libvirt/errors.ts';
import { domainAbortJob, domainGetJobInfo } from '../libvirt/protocol/domain.ts';
import type { Domain } from '../model/domain.ts';
import { besideHung } from './besideHung.ts';
import { StoppedError } from './runAction.ts';

export interface JobOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Told how much is done, from 0 to 1; never goes back. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

type Called = Pick<Domain, 'name' | 'uuid' | 'id'>;

const pollMs = 500;
/** A QEMU that does not tell how far it is by then is not asked any more. */
const pollDeadlineMs = 5_000;
/** The daemon may not have begun the job yet, and then has nothing to stop. */
const abortAgainMs = 100;
/** For that long a job is asked to stop before it is left to itself. */
const stopWithinMs = 10_000;

/**
 * Makes a call that libvirt carries out as a job of the VM: tells how far it is, and stops the job itself when
 * the signal is aborted.
 * @param call is given no signal: while the job is stopped its end is still waited for.
 * @throws StoppedError if the job was stopped, CancelledError if it could not be and runs on; else what the call
 * threw.
 */
export async function runJob<T>(
  session: HostSession,
  domain: Called,
  call: () => Promise<T>,
  options: JobOptions,
): Promise<T> {
  const { signal, clock, log } = options;
  if (signal?.aborted) {
    throw new StoppedError(`The job of ${domain.name}`);
  }
  const over = new AbortController();
  const progress = options.onProgress && watchProgress(session, domain, options);
  const gaveUp = new Promise<never>((_resolve, reject) => {
    const subscription =
      signal &&
      onAbort(signal, () => {
        stopJob(session, domain, { clock, log, signal: over.signal }).catch(reject);
      });
    over.signal.addEventListener('abort', () => subscription?.dispose(), { once: true });
  });
  try {
    return await Promise.race([call(), gaveUp]);
  } catch (error) {
    if (signal?.aborted && isAborted(error)) {
      throw new StoppedError(`The job of ${domain.name}`, { cause: error });
    }
    throw error;
  } finally {
    over.abort(new CancelledError('Stopping a job that is over'));
    progress?.dispose();
  }
}

/**
 * Stops what libvirt is doing to a VM at length: a save, a dump, a migration.
 * @throws LibvirtError with `operationInvalid` if it does nothing of the kind.
 */
export async function abortJob(
  session: HostSession,
  domain: Called,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await besideHung(
    session,
    domainAbortJob,
    { dom: wireDomain(domain) },
    {
      ...options,
      deadlineMs: stopWithinMs,
    },
  );
}

/** Asks until the call that runs the job ends, which aborts the signal. @throws CancelledError if it does not. */
async function stopJob(
  session: HostSession,
  domain: Called,
  {
    clock,
    log,
    signal,
  }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  const until = clock.monotonic() + stopWithinMs;
  while (!isOver()) {
    try {
      await abortJob(session, domain, { signal });
    } catch (error) {
      if (isOver()) {
        return;
      }
      log.debug(`${domain.name}: its job could not be stopped yet: ${messageOf(error)}`);
      const mayComeYet = error instanceof LibvirtError && error.code === errorCode.operationInvalid;
      if (!mayComeYet || clock.monotonic() >= until) {
        throw new CancelledError(`Waiting for ${domain.name}`, { cause: error });
      }
    }
    if (!isOver()) {
      await sleep(clock, abortAgainMs, signal).catch(() => undefined);
    }
    if (!isOver() && clock.monotonic() >= until) {
      throw new CancelledError(`Waiting for ${domain.name}`);
    }
  }
}

/** Asks how far a VM's job is, twice a second and one question at a time. */
function watchProgress(session: HostSession, domain: Called, options: JobOptions): Disposable {
  const { clock, log, onProgress } = options;
  const over = new AbortController();
  let best = 0;
  const watch = async (): Promise<void> => {
    for (;;) {
      await sleep(clock, pollMs, over.signal);
      const fraction = await readProgress(session, domain, over.signal);
      if (fraction !== undefined && fraction > best) {
        best = fraction;
        onProgress?.(fraction);
      }
    }
  };
  watch().catch((error: unknown) => {
    if (!over.signal.aborted) {
      log.debug(`${domain.name}: no word on the progress: ${messageOf(error)}`);
    }
  });
  return {
    dispose: () => {
      over.abort(new CancelledError('Asking for progress'));
    },
  };
}

/** @returns undefined while no job runs, or none whose end can be foreseen. */
async function readProgress(
  session: HostSession,
  domain: Called,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const info = await session.callSlow(
      domainGetJobInfo,
      { dom: wireDomain(domain) },
      { signal, deadlineMs: pollDeadlineMs },
    );
    const isRunning = info.type === jobType.bounded || info.type === jobType.unbounded;
    // What was processed says little: pages of zeros do not count there, but do in the total
    return isRunning && info.dataTotal > 0n
      ? clampFraction(1 - Number(info.dataRemaining) / Number(info.dataTotal))
      : undefined;
  } catch (error) {
    if (error instanceof LibvirtError && !isUnsupported(error)) {
      return undefined; // not begun, or just over
    }
    throw error;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === errorCode.operationAborted;
}

function clampFraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}
