import type { Host } from '../../../model/host.ts';
import type { L10n } from '../../l10n.ts';
import type { Row } from './row.ts';

/**
 * The row below a host that has no VM to show: says so, or does what helps when it is chosen; undefined where there
 * is nothing to say.
 * @param host undefined for an entry of the settings that cannot be used
 * @param hidden how many VMs the filter hides
 */
export function noteRow(host: Host | undefined, hidden: number, l10n: L10n): Row | undefined {
  const note = noteOf(host, hidden, l10n);
  return (
    note && {
      label: note.text,
      description: '',
      icon: { id: note.icon ?? 'info', color: 'disabledForeground' },
      contextValue: 'note',
      accessibilityLabel: note.text,
      ...(note.command === undefined ? {} : { command: note.command }),
    }
  );
}

interface Note {
  readonly text: string;
  readonly icon?: string;
  readonly command?: string;
}

function noteOf(host: Host | undefined, hidden: number, l10n: L10n): Note | undefined {
  if (!host) {
    return {
      text: l10n.t('Correct it in the settings'),
      icon: 'gear',
      command: 'vmDeck.host.openSettings',
    };
  }
  if (hidden > 0) {
    return { text: l10n.t('No VM of this host matches the filter ({0} hidden)', hidden) };
  }
  switch (host.status.state) {
    case 'connecting':
      return { text: l10n.t('Reading VMs…') };
    case 'idle':
      return {
        text: l10n.t('Connect to see its VMs'),
        icon: 'plug',
        command: 'vmDeck.host.connect',
      };
    case 'connected':
    case 'readOnly':
      return { text: l10n.t('No VMs on this host') };
    case 'disconnected':
    case 'needsAttention':
    case 'degraded':
      return {
        text: l10n.t('What can I do?'),
        icon: 'question',
        command: 'vmDeck.host.showHelp',
      };
  }
}
