import type { DialRoute } from '../../../../libvirt/dialer.ts';
import type { SocketWay } from '../../../../libvirt/errors.ts';
import { isReachable, type Host, type HostNode } from '../../../../model/host.ts';
import type { NodeSample } from '../../../../model/sample.ts';
import { isBadEntry, type HostEntry } from '../../../hosts/hostSettings.ts';
import type { L10n } from '../../../l10n.ts';
import { formatMemory, formatSince } from '../format.ts';
import type { HostTreeNode } from '../nodes.ts';
import { commandLink, lines, literal } from './markdown.ts';

export interface HostTooltipInput {
  readonly node: HostTreeNode;
  readonly entry: HostEntry;
  /** Undefined of an entry that cannot be used. */
  readonly host: Host | undefined;
  /** Its own figures, if it is sampled. */
  readonly sample: NodeSample | undefined;
  /** How it is reached, of one of another machine. */
  readonly route: DialRoute | undefined;
  /** Milliseconds since the epoch when it was last seen to enter its status. */
  readonly statusSince: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The tooltip of a host, in Markdown. Everything that others named is literal. */
export function hostTooltip(input: HostTooltipInput, l10n: L10n): string {
  const { node, entry, host, sample } = input;
  const title = `**${literal(entry.name)}**`;
  if (isBadEntry(entry) || !host) {
    const problem = isBadEntry(entry) ? l10n.t(entry.problem) : '';
    return [
      title,
      l10n.t('This entry of the settings cannot be used: {0}', literal(problem)),
      commandLink(l10n.t('Open in Settings'), 'vmDeck.host.openSettings', node),
    ].join('\n\n');
  }
  return [
    title,
    describeStatus(input, host, l10n),
    lines(literal(host.uri), ...(host.node ? describeNode(host.node, host, sample, l10n) : [])),
    input.route ? describeRoute(input.route, l10n) : '',
    lines(...host.problems.map((problem) => `⚠ ${literal(l10n.t(problem))}`)),
    describeLinks(node, host, l10n),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function describeStatus({ statusSince, now }: HostTooltipInput, host: Host, l10n: L10n): string {
  const { status } = host;
  const since = status.state === 'degraded' ? status.since : statusSince;
  const name = statusName(status.state, l10n);
  return lines(
    since === undefined ? name : literal(l10n.t('{0} since {1}', name, formatSince(since, now))),
    'cause' in status ? literal(l10n.t(status.cause)) : undefined,
    status.state === 'disconnected'
      ? literal(l10n.t('tries again at {0}', formatSince(status.retryAt, now)))
      : undefined,
    host.readAt === undefined
      ? undefined
      : literal(l10n.t('last read completely at {0}', formatSince(host.readAt, now))),
  );
}

function describeRoute(
  { client, destination, via, found, way, notes }: DialRoute,
  l10n: L10n,
): string {
  const to =
    via.length === 0
      ? l10n.t('SSH to {0}', literal(destination))
      : l10n.t('SSH to {0} by way of {1}', literal(destination), literal(via.join(', ')));
  const by =
    client === 'ssh2' ? l10n.t("by VM Deck's own SSH client") : l10n.t('by your own OpenSSH');
  return lines(
    to,
    way === undefined ? by : `${by}, ${wayName(way, l10n)}`,
    ...found
      .filter(({ step }) => step === 'hostKey' || step === 'login')
      .map(({ detail }) => literal(l10n.t(detail))),
    ...notes.map((note) => `⚠ ${literal(l10n.t(note))}`),
  );
}

function wayName(way: SocketWay, l10n: L10n): string {
  switch (way) {
    case 'forward':
      return l10n.t('which forwards to the socket');
    case 'helper':
      return l10n.t('through virt-ssh-helper');
    case 'netcat':
      return l10n.t('through nc');
  }
}

function statusName(state: Host['status']['state'], l10n: L10n): string {
  switch (state) {
    case 'idle':
    case 'disconnected':
    case 'needsAttention':
      return l10n.t('not connected');
    case 'connecting':
      return l10n.t('connecting');
    case 'connected':
      return l10n.t('connected');
    case 'readOnly':
      return l10n.t('connected, read-only');
    case 'degraded':
      return l10n.t('not answering');
  }
}

function describeNode(
  node: HostNode,
  { status }: Host,
  sample: NodeSample | undefined,
  l10n: L10n,
): readonly string[] {
  const used = isReachable(status) ? sample?.memoryUsedKiB : undefined;
  const hypervisor = [node.hypervisor, node.hypervisorVersion].filter(Boolean).join(' ');
  return [
    l10n.t('Name: {0}', literal(node.hostname)),
    literal(l10n.t('libvirt {0}, {1}', node.libvirtVersion, hypervisor)),
    literal(l10n.t('{0} CPUs, {1}, {2} MHz', node.cpus, node.cpuModel, node.mhz)),
    // libvirt's description of a machine leaves out memory that was plugged in while it ran; its figures do not
    l10n.t('Memory: {0}', literal(formatMemory(used, sample?.memoryTotalKiB ?? node.memoryKiB))),
  ];
}

function describeLinks(node: HostTreeNode, { status }: Host, l10n: L10n): string {
  const isOff = status.state === 'disconnected' || status.state === 'needsAttention';
  return [
    ...(isOff || status.state === 'idle'
      ? [commandLink(l10n.t('Connect'), 'vmDeck.host.connect', node)]
      : []),
    ...(isOff || status.state === 'degraded'
      ? [
          commandLink(l10n.t('What Can I Do?'), 'vmDeck.host.showHelp', node),
          commandLink(l10n.t('Show Log'), 'vmDeck.showLog'),
        ]
      : []),
  ].join(' · ');
}
