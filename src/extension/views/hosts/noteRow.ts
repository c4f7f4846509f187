import type { Host } from '../../../model/host.ts';
import type { L10n } from '../../l10n.ts';
import type { Row } from './row.ts';

/** The sentence below a host that has no VM to show; undefined while it has some. */
export function noteRow(host: Host, hidden: number, l10n: L10n): Row | undefined {
  const text = noteText(host, hidden, l10n);
  return text === undefined
    ? undefined
    : {
        label: text,
        description: '',
        icon: { id: 'info', color: 'disabledForeground' },
        contextValue: 'note',
        accessibilityLabel: text,
      };
}

function noteText(host: Host, hidden: number, l10n: L10n): string | undefined {
  if (hidden > 0) {
    return l10n.t('No VM of this host matches the filter ({0} hidden)', hidden);
  }
  switch (host.status.state) {
    case 'connecting':
      return host.readAt === undefined ? l10n.t('Reading VMs…') : undefined;
    case 'idle':
      return l10n.t('Connect to see its VMs');
    case 'connected':
    case 'readOnly':
    case 'degraded':
      return host.readAt === undefined ? l10n.t('Reading VMs…') : l10n.t('No VMs on this host');
    case 'disconnected':
    case 'needsAttention':
      return l10n.t(host.status.cause);
  }
}
