import type { Clock } from '../base/clock.ts';
import { CancelledError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Connection } from '../libvirt/connection.ts';
import { dialSteps, type Dialer } from '../libvirt/dialer.ts';
import { LibvirtError, TransportError, type TransportErrorKind } from '../libvirt/errors.ts';
import { openConnection, type OpenOptions } from '../libvirt/openConnection.ts';
import { parseHostUri, type HostUri } from '../libvirt/uri.ts';
import { isActive, type Domain } from '../model/domain.ts';
import { readDomainLists } from './readDomainLists.ts';
import { readNode } from './readResources.ts';

/** What a test goes through, in this order; those of `dialSteps` only on the way to another machine. */
const connectionSteps = ['uri', ...dialSteps, 'socket', 'authenticate', 'open', 'list'] as const;
type ConnectionStepName = (typeof connectionSteps)[number];

/** How far one step is. */
export type ConnectionStep = { readonly name: ConnectionStepName } & (
  | { readonly status: 'waiting' }
  | { readonly status: 'running' }
  /** `detail` says what was found, in a few words. */
  | { readonly status: 'ok'; readonly detail: string }
  | {
      readonly status: 'failed';
      /** What happened, why, and what to do. */
      readonly reason: string;
      /** `refusedByLibvirt` where the daemon itself said no after it was opened. */
      readonly kind: TransportErrorKind | 'refusedByLibvirt' | 'other';
    }
);

export interface ConnectionTestResult {
  readonly isOk: boolean;
  /** All of them, in order; those after a failure were not tried and are `waiting`. */
  readonly steps: readonly ConnectionStep[];
  /** Set where we may not act: whether we may at least look, over the read-only socket. */
  readonly readOnlyWorks: boolean | undefined;
}

export interface ConnectionTestOptions {
  /** Finds the way to a host; may throw a TransportError for what it does not know. */
  readonly createDialer: (uri: HostUri) => Dialer;
  readonly clock: Clock;
  readonly log: Log;
  /** Never act, so test only the read-only way. */
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told each step that begins and ends. */
  readonly onStep?: (step: ConnectionStep) => void;
}

/**
 * Tries a host before it is added, step by step, over a connection of its own that is closed again.
 * @throws CancelledError if the signal is aborted.
 */
export async function testConnection(
  text: string,
  options: ConnectionTestOptions,
): Promise<ConnectionTestResult> {
  const isRemote = /^[a-z0-9]+\+ssh:/i.test(text.trim());
  const names = isRemote ? connectionSteps : localSteps;
  const steps = new Map<ConnectionStepName, ConnectionStep>(
    names.map((name) => [name, { name, status: 'waiting' }]),
  );
  let current: ConnectionStepName = 'uri';
  const set = (step: ConnectionStep): void => {
    steps.set(step.name, step);
    options.onStep?.(step);
  };
  const begin = (name: ConnectionStepName): void => {
    current = name;
    set({ name, status: 'running' });
  };
  const pass = (detail: string): void => {
    set({ name: current, status: 'ok', detail });
    const next = names[names.indexOf(current) + 1];
    if (next) {
      begin(next);
    }
  };
  let opening: OpenOptions | undefined;
  let connection: Connection | undefined;
  let readOnlyWorks: boolean | undefined;
  try {
    begin('uri');
    const uri = parseHostUri(text);
    const dialer = options.createDialer(uri);
    pass(`${uri.driver}, ${uri.path}`);
    const { clock, log, signal, readOnly = false } = options;
    opening = { uri, dialer, clock, log, signal, readOnly };
    connection = await openConnection({
      ...opening,
      mayAsk: true,
      onStep: (_step, detail) => {
        pass(detail);
      },
    });
    pass(await describeHost(connection, clock));
  } catch (error) {
    if (error instanceof CancelledError) {
      throw error;
    }
    options.log.info(`${text}: ${current}: ${messageOf(error)}`);
    set({ name: current, status: 'failed', reason: messageOf(error), kind: kindOf(error) });
    if (opening && !opening.readOnly && isRefusal(error)) {
      readOnlyWorks = await canLook(opening);
    }
  } finally {
    connection?.close();
  }
  const all = names.map((name) => steps.get(name) ?? { name, status: 'waiting' as const });
  return { isOk: all.every(({ status }) => status === 'ok'), steps: all, readOnlyWorks };
}

const localSteps: readonly ConnectionStepName[] = connectionSteps.filter(
  (name) => !dialSteps.some((step) => step === name),
);

/** Reads what a session would read first, and says it in a few words. */
async function describeHost(connection: Connection, clock: Clock): Promise<string> {
  const domains: Domain[] = [];
  const sink = {
    known: () => undefined,
    put: (domain: Domain) => {
      domains.push(domain);
    },
  };
  const [, node] = await Promise.all([
    readDomainLists(connection, clock, sink),
    readNode(connection),
  ]);
  const running = domains.filter(({ state }) => isActive(state)).length;
  const hypervisor = [node.hypervisor, node.hypervisorVersion].filter(Boolean).join(' ');
  const count = `${domains.length} VM${domains.length === 1 ? '' : 's'}, ${running} running`;
  return `${node.hostname}: ${count}; libvirt ${node.libvirtVersion}, ${hypervisor}`;
}

/** The daemon is there, and will not have us act. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof TransportError &&
    (error.kind === 'permission' || error.kind === 'authentication')
  );
}

async function canLook(opening: OpenOptions): Promise<boolean> {
  try {
    (await openConnection({ ...opening, readOnly: true })).close();
    return true;
  } catch (error) {
    if (error instanceof CancelledError) {
      throw error;
    }
    return false;
  }
}

function kindOf(error: unknown): (ConnectionStep & { readonly status: 'failed' })['kind'] {
  if (error instanceof TransportError) {
    return error.kind;
  }
  return error instanceof LibvirtError ? 'refusedByLibvirt' : 'other';
}
