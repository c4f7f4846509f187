import type { TransportFailure } from '../../libvirt/errors.ts';
import type { HostFailureKind, HostStatus } from '../../model/host.ts';
import type { L10n } from '../l10n.ts';
import { isBadEntry, type HostEntry, type HostSettings } from './hostSettings.ts';

/** What can be done about a host, one button each. */
export type HelpAction =
  | { readonly kind: 'copyCommand'; readonly command: string }
  | { readonly kind: 'tryAgain' }
  /** Connect, and ask whether the key is the right one. */
  | { readonly kind: 'showHostKey' }
  /** Connect, and ask for what opens the key, for the password, or what the server asks. */
  | { readonly kind: 'enterPassphrase' }
  | { readonly kind: 'enterPassword' }
  | { readonly kind: 'answerServer' }
  /** At the line that is in the way, if it is known. */
  | { readonly kind: 'openKnownHosts'; readonly file?: string; readonly line?: number }
  | { readonly kind: 'openSshConfig' }
  | { readonly kind: 'connectReadOnly' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'editHost' }
  | { readonly kind: 'openEntry' }
  | { readonly kind: 'showLog' };

/** What a person can do about a host that is not well. */
export interface HostHelp {
  /** What is wrong, in a sentence. */
  readonly message: string;
  /** Why, and what to do. */
  readonly detail: string;
  /** The best first. */
  readonly actions: readonly HelpAction[];
}

const joinGroup = 'sudo usermod -aG libvirt "$USER"';
const startDaemon = 'sudo systemctl enable --now libvirtd';

/** What can be done about a host; undefined while nothing is wrong. */
export function hostHelp(
  entry: HostEntry,
  status: HostStatus | undefined,
  l10n: L10n,
): HostHelp | undefined {
  if (isBadEntry(entry)) {
    return {
      message: l10n.t('"{0}" cannot be used as it stands in your settings.', entry.name),
      detail: l10n.t(entry.problem),
      actions: [{ kind: 'openEntry' }, { kind: 'editHost' }],
    };
  }
  switch (status?.state) {
    case 'degraded':
      return {
        message: l10n.t('The libvirt daemon of "{0}" does not answer.', entry.name),
        detail: paragraphs(
          l10n.t(status.cause),
          l10n.t(
            'VM Deck looks again every few seconds and goes on by itself. If it lasts, look at the daemon on the host: systemctl status libvirtd.',
          ),
        ),
        actions: [{ kind: 'disconnect' }, { kind: 'showLog' }],
      };
    case 'disconnected':
    case 'needsAttention': {
      const failure = status.state === 'needsAttention' ? status.failure : undefined;
      const { advice, actions } = remedy(status.kind, entry, failure, l10n);
      return {
        message: l10n.t('"{0}" is not connected.', entry.name),
        detail: paragraphs(l10n.t(status.cause), advice),
        actions,
      };
    }
    default:
      return undefined;
  }
}

interface Remedy {
  readonly advice: string;
  readonly actions: readonly HelpAction[];
}

/** The one table of what helps against what. */
function remedy(
  kind: HostFailureKind,
  { readOnly: isReadOnly, uri }: HostSettings,
  failure: TransportFailure | undefined,
  l10n: L10n,
): Remedy {
  const isRemote = uri.transport === 'ssh';
  const lookOnly: readonly HelpAction[] = isReadOnly ? [] : [{ kind: 'connectReadOnly' }];
  switch (kind) {
    case 'permission':
    case 'authentication':
      return {
        advice: paragraphs(
          isRemote
            ? l10n.t('The command to join the group, to be run on {0}:', uri.host ?? '')
            : l10n.t(
                'Programs that run already, VS Code too, keep their old groups until you log in again. The command to join:',
              ),
          joinGroup,
          isReadOnly ? '' : l10n.t('To look without acting, connect read-only.'),
        ),
        actions: [{ kind: 'copyCommand', command: joinGroup }, ...lookOnly, { kind: 'tryAgain' }],
      };
    case 'absent':
    case 'refused':
      return {
        advice: paragraphs(
          kind === 'absent'
            ? l10n.t(
                'If libvirt is not installed: sudo apt install libvirt-daemon-system (Debian, Ubuntu), sudo dnf install libvirt (Fedora, RHEL). Then start it:',
              )
            : isRemote
              ? l10n.t('Start the daemon, on {0}:', uri.host ?? '')
              : l10n.t('Start the daemon:'),
          startDaemon,
        ),
        actions: [
          { kind: 'copyCommand', command: startDaemon },
          { kind: 'tryAgain' },
          { kind: 'editHost' },
        ],
      };
    case 'timeout':
    case 'closed':
    case 'unreachable':
      return {
        advice: l10n.t('VM Deck tries again by itself.'),
        actions: [{ kind: 'tryAgain' }, { kind: 'disconnect' }, { kind: 'showLog' }],
      };
    case 'hostKeyUnknown':
      return {
        advice: l10n.t(
          'Compare the fingerprint with the one the machine itself shows: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.',
        ),
        actions: [{ kind: 'showHostKey' }, { kind: 'editHost' }],
      };
    case 'hostKeyChanged':
    case 'hostKeyRevoked':
      return {
        advice: l10n.t(
          'Somebody may be listening in. Only if you know why the key is another, remove the old line and try again.',
        ),
        actions: [openKnownHosts(failure), { kind: 'tryAgain' }],
      };
    case 'login':
      return {
        advice: l10n.t('Try it in a terminal with ssh and the same host to see the same.'),
        actions: [logIn(failure), { kind: 'openSshConfig' }, { kind: 'editHost' }],
      };
    case 'forbidden':
      return {
        advice: l10n.t(
          "On the host, install netcat (Debian: netcat-openbsd) or libvirt's virt-ssh-helper, or allow AllowStreamLocalForwarding in sshd_config.",
        ),
        actions: [{ kind: 'tryAgain' }, { kind: 'showLog' }],
      };
    case 'sshConfig':
      return {
        advice: l10n.t('Change the SSH configuration, or the URI of the host.'),
        actions: [{ kind: 'openSshConfig' }, { kind: 'tryAgain' }, { kind: 'editHost' }],
      };
    case 'notLibvirt':
    case 'unsupported':
      return {
        advice: l10n.t('Change the URI of the host.'),
        actions: [{ kind: 'editHost' }, { kind: 'tryAgain' }],
      };
    case 'driver':
      return {
        advice: l10n.t(
          'Install the driver on the host (Debian: libvirt-daemon-driver-qemu for QEMU and KVM), or change the URI.',
        ),
        actions: [{ kind: 'editHost' }, { kind: 'tryAgain' }],
      };
    case 'libvirt':
      return {
        advice: l10n.t('libvirt itself refused. The log of its daemon may say more.'),
        actions: [{ kind: 'tryAgain' }, { kind: 'editHost' }, { kind: 'showLog' }],
      };
    case 'internal':
      return {
        advice: l10n.t('This was not foreseen. The log tells more; please report it.'),
        actions: [{ kind: 'showLog' }, { kind: 'tryAgain' }],
      };
  }
}

function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

function openKnownHosts(failure: TransportFailure | undefined): HelpAction {
  const [known] = failure?.about === 'hostKey' ? failure.known : [];
  return { kind: 'openKnownHosts', ...(known && { file: known.file, line: known.line }) };
}

/** What was missing to log in, as far as a person could give it. */
function logIn(failure: TransportFailure | undefined): HelpAction {
  switch (failure?.about === 'login' ? failure.wants : undefined) {
    case 'passphrase':
      return { kind: 'enterPassphrase' };
    case 'password':
      return { kind: 'enterPassword' };
    case 'answers':
      return { kind: 'answerServer' };
    case undefined:
      return { kind: 'tryAgain' };
  }
}
