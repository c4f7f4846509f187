import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { testConnection, type ConnectionStep } from '../../inventory/connectionTest.ts';
import type { Dialer } from '../../libvirt/dialer.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import type { SshClientChoice } from '../../transport/ssh/sshTarget.ts';
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
  readonly createDialer: (uri: HostUri, clock: Clock, ssh?: SshClientChoice) => Dialer;
  /** The client over SSH that is asked for. */
  readonly ssh: SshClientChoice | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly readOnly: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (steps: readonly TriedStep[]) => void;
}

/**
 * Tries a connection, and tells how it stands after each step, in words. Refused for want of rights, a last step
 * says whether we may look at least.
 * @throws CancelledError if the signal is aborted.
 */
export async function tryConnection(
  uri: HostUri,
  { l10n, createDialer, ssh, clock, log, readOnly, signal, onProgress }: TryOptions,
): Promise<TriedConnection> {
  const steps = new Map<ConnectionStep['name'], TriedStep>();
  const { isOk, readOnlyWorks } = await testConnection(uri.text, {
    createDialer: (parsed) => createDialer(parsed, clock, ssh),
    clock,
    log,
    readOnly,
    signal,
    onStep: (step) => {
      const described = describeStep(step, l10n);
      if (described && !signal.aborted) {
        steps.set(step.name, described);
        onProgress([...steps.values()]);
      }
    },
  });
  if (readOnlyWorks !== undefined && !signal.aborted) {
    onProgress([...steps.values(), lookOnly(readOnlyWorks, l10n)]);
  }
  return { works: isOk, worksReadOnly: isOk || readOnlyWorks === true };
}

/** Undefined for what needs no line: that the URI can be read was seen while it was typed. */
function describeStep(step: ConnectionStep, l10n: L10n): TriedStep | undefined {
  if (step.name === 'uri' && step.status !== 'failed') {
    return undefined;
  }
  const label = nameOf(step.name, l10n);
  switch (step.status) {
    case 'waiting':
      return undefined;
    case 'running':
      return { label, state: 'running', detail: '' };
    case 'ok':
      return { label, state: 'passed', detail: step.detail };
    case 'failed':
      return { label, state: 'failed', detail: l10n.t(step.reason) };
  }
}

function nameOf(name: ConnectionStep['name'], l10n: L10n): string {
  switch (name) {
    case 'uri':
      return l10n.t('Read the URI');
    case 'resolve':
      return l10n.t('Read the SSH configuration');
    case 'connect':
      return l10n.t('Reach the machine');
    case 'hostKey':
      return l10n.t('Recognise the machine');
    case 'login':
      return l10n.t('Log in');
    case 'socket':
      return l10n.t('Reach the socket');
    case 'authenticate':
      return l10n.t('Be let in by libvirt');
    case 'open':
      return l10n.t('Open the driver');
    case 'list':
      return l10n.t('Read the VMs');
  }
}

function lookOnly(works: boolean, l10n: L10n): TriedStep {
  return {
    label: l10n.t('Look only'),
    state: works ? 'passed' : 'failed',
    detail: works
      ? l10n.t('VMs can be looked at, not acted on')
      : l10n.t('Not even looking is allowed'),
  };
}
