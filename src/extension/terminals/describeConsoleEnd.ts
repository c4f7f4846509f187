import { messageOf } from '../../base/errors.ts';
import type { HostSession } from '../../inventory/hostSession.ts';
import { isActive } from '../../model/domain.ts';
import { isReachable } from '../../model/host.ts';
import type { L10n } from '../l10n.ts';

/**
 * Why a VM has no console now, in a sentence.
 * @param error what broke the stream, if anything did
 */
export function describeConsoleEnd(
  session: Pick<HostSession, 'snapshot'> | undefined,
  { host, uuid, l10n }: { readonly host: string; readonly uuid: string; readonly l10n: L10n },
  error: Error | undefined,
): string {
  if (!session) {
    return l10n.t('There is no host named {0} any more.', host);
  }
  const { status, domains } = session.snapshot;
  if (!isReachable(status)) {
    return 'cause' in status
      ? l10n.t('{0} is not connected: {1}', host, l10n.t(status.cause))
      : l10n.t('{0} is not connected.', host);
  }
  const domain = domains.get(uuid);
  if (!domain) {
    return l10n.t('The VM does not exist any more.');
  }
  if (!isActive(domain.state)) {
    return domain.state === 'crashed' || domain.reason === 'crashed'
      ? l10n.t('{0} has crashed.', domain.name)
      : l10n.t('{0} is off.', domain.name);
  }
  return error
    ? l10n.t('The console was closed; perhaps somebody else took it over ({0}).', messageOf(error))
    : l10n.t('The console was closed by the host.');
}
