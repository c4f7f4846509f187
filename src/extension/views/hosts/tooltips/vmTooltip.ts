import { formatBytes } from '../../../../base/units.ts';
import { isActive, type Domain } from '../../../../model/domain.ts';
import type { DomainDescription, DomainDisk } from '../../../../model/domainXml.ts';
import type { Host } from '../../../../model/host.ts';
import type { DeviceSample, DomainSample } from '../../../../model/sample.ts';
import type { L10n } from '../../../l10n.ts';
import { formatMemory, formatSince } from '../format.ts';
import type { VmTreeNode } from '../nodes.ts';
import { vmCategory } from '../vmCategory.ts';
import { categoryName, type VmActivity } from '../vmRow.ts';
import { commandLink, lines, literal } from './markdown.ts';

/** What a VM's tooltip is made of; what could not be read in time is undefined. */
export interface VmTooltipInput {
  readonly node: VmTreeNode;
  readonly host: Pick<Host, 'name' | 'status'>;
  readonly domain: Domain;
  readonly sample: DomainSample | undefined;
  readonly devices: DeviceSample | undefined;
  readonly description: DomainDescription | undefined;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  readonly activity: VmActivity | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The tooltip of a VM, in Markdown. Everything that others named is literal. */
export function vmTooltip(input: VmTooltipInput, l10n: L10n): string {
  const { node, domain, description, activity } = input;
  const sections = [
    lines(`**${literal(domain.name)}**`, description?.title && literal(description.title)),
    describeState(input, l10n),
    activity?.kind === 'problem' ? `⚠ ${literal(activity.detail)}` : '',
    activity?.kind === 'note' ? literal(activity.detail) : '',
    lines(
      ...describeSize(input, l10n),
      description?.osId && l10n.t('System: {0}', literal(description.osId)),
      input.addresses.length > 0
        ? l10n.t('Addresses: {0}', input.addresses.map(literal).join(', '))
        : undefined,
      l10n.t('Host: {0}', literal(input.host.name)),
      `UUID: ${literal(domain.uuid)}`,
    ),
    description ? describeDevices(description, input.devices, l10n) : '',
    description?.description === undefined ? '' : literal(shorten(description.description)),
    [
      commandLink(l10n.t('Definition'), 'vmDeck.vm.openDefinition', node),
      ...(isActive(domain.state)
        ? [
            commandLink(l10n.t('Console'), 'vmDeck.vm.openConsole', node),
            commandLink(l10n.t('Screenshot'), 'vmDeck.vm.takeScreenshot', node),
          ]
        : []),
    ].join(' · '),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function describeState({ domain, host, now }: VmTooltipInput, l10n: L10n): string {
  const category = vmCategory(domain, host.status);
  const since = category === 'notAnswering' ? domain.notAnsweringSince : domain.stateSince;
  const name = categoryName(category, l10n);
  return lines(
    literal(
      [
        since === undefined ? name : l10n.t('{0} since {1}', name, formatSince(since, now)),
        domain.reason === 'unknown' ? '' : `(${domain.reason})`,
      ]
        .filter((part) => part !== '')
        .join(' '),
    ),
    domain.persistent ? undefined : l10n.t('transient: gone when it stops'),
    domain.autostart ? l10n.t('starts with the host') : undefined,
    domain.hasManagedSave ? l10n.t('has a saved state') : undefined,
  );
}

function describeSize({ domain, sample }: VmTooltipInput, l10n: L10n): readonly string[] {
  const vcpus = sample?.vcpus ?? domain.vcpus;
  const memoryKiB = sample?.memoryKiB ?? domain.memoryKiB ?? domain.maxMemoryKiB;
  return [
    ...(vcpus === undefined ? [] : [l10n.t('vCPUs: {0}', vcpus)]),
    ...(memoryKiB === undefined
      ? []
      : [l10n.t('Memory: {0}', literal(formatMemory(sample?.memoryUsedKiB, memoryKiB)))]),
  ];
}

function describeDevices(
  { disks, interfaces, graphics }: DomainDescription,
  devices: DeviceSample | undefined,
  l10n: L10n,
): string {
  const size = ({ target }: DomainDisk): string => {
    const bytes = devices?.disks.find(({ name }) => name === target)?.capacityBytes;
    return bytes === undefined ? '' : formatBytes(bytes);
  };
  return lines(
    ...disks
      .slice(0, maxShown)
      .map((disk) =>
        literal(
          [
            `${disk.target}:`,
            disk.source ?? l10n.t('empty'),
            disk.format === undefined ? '' : `(${disk.format})`,
            size(disk),
            disk.isReadOnly ? l10n.t('read-only') : '',
          ]
            .filter((part) => part !== '')
            .join(' '),
        ),
      ),
    more(disks.length, l10n),
    ...interfaces
      .slice(0, maxShown)
      .map(({ mac, model, source }) => literal([mac, source, model].filter(Boolean).join(' · '))),
    more(interfaces.length, l10n),
    graphics.length > 0 ? l10n.t('Graphics: {0}', literal(graphics.join(', '))) : undefined,
  );
}

const maxShown = 8;

function more(count: number, l10n: L10n): string | undefined {
  return count > maxShown ? l10n.t('… and {0} more', count - maxShown) : undefined;
}

/** A description may be a page: a tooltip is none. */
function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
