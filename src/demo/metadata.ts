import { affect, metadataType } from '../libvirt/constants.ts';
import { errorCode } from '../libvirt/errors.ts';
import type { DemoVm } from './demoVm.ts';
import { DemoRefusal, invalidOperation, malformedXml, refusalDomain } from './refusal.ts';
import {
  withoutKey,
  element,
  elementsOf,
  find,
  formatTree,
  parseTree,
  replaceChild,
  textOf,
  withChildren,
  type XmlNode,
} from './xmlTree.ts';

const before = ['name', 'uuid', 'genid', 'title', 'description'];

/** Which of a VM's definitions a call is about. @throws DemoRefusal if it has none of that kind */
function impactOf(vm: DemoVm, flags: number): { readonly live: boolean; readonly config: boolean } {
  const isCurrent = (flags & (affect.live | affect.config)) === 0;
  const live = isCurrent ? vm.isActive : (flags & affect.live) !== 0;
  const config = isCurrent ? !vm.isActive : (flags & affect.config) !== 0;
  if (live && !vm.isActive) {
    throw invalidOperation('domain is not running');
  }
  if (config && !vm.persistent) {
    throw invalidOperation('transient domains do not have any persistent config');
  }
  return { live, config };
}

/** The title, the description or the element under a namespace. @throws DemoRefusal if there is none */
export function readMetadata(
  vm: DemoVm,
  {
    type,
    uri,
    flags,
  }: { readonly type: number; readonly uri: string | null; readonly flags: number },
): string {
  const tree = impactOf(vm, flags).live ? vm.liveDefinition : vm.definition;
  const found =
    type === metadataType.element
      ? elementOf(tree, uri ?? '')
      : textOf(find(tree, type === metadataType.title ? 'title' : 'description'));
  if (found === undefined) {
    throw new DemoRefusal(
      errorCode.noDomainMetadata,
      refusalDomain.domain,
      'metadata not found: %s',
      'Requested metadata element is not present',
    );
  }
  return found;
}

export interface MetadataChange {
  readonly type: number;
  /** Null takes it away. */
  readonly metadata: string | null;
  readonly key: string | null;
  readonly uri: string | null;
  readonly flags: number;
}

export function writeMetadata(vm: DemoVm, change: MetadataChange): void {
  const { live, config } = impactOf(vm, change.flags);
  if (change.type === metadataType.title && (change.metadata ?? '').includes('\n')) {
    throw new DemoRefusal(
      errorCode.invalidArgument,
      0,
      'invalid argument: %s',
      "metadata title can't contain newlines",
    );
  }
  if (config) {
    vm.annotate(changed(vm.definition, change));
  }
  if (live) {
    vm.annotateLive(changed(vm.liveDefinition, change));
  }
}

function changed(tree: XmlNode, { type, metadata, key, uri }: MetadataChange): XmlNode {
  if (type !== metadataType.element) {
    const name = type === metadataType.title ? 'title' : 'description';
    const child = metadata === null || metadata === '' ? undefined : element(name, {}, metadata);
    return replaceChild(tree, name, child, before);
  }
  const kept = elementsOf(find(tree, 'metadata')).filter((each) => namespaceOf(each) !== uri);
  const all = metadata === null ? kept : [...kept, namespaced(metadata, key ?? '', uri ?? '')];
  return replaceChild(
    tree,
    'metadata',
    all.length === 0 ? undefined : element('metadata', {}, ...all),
    before,
  );
}

/** The element as libvirt keeps it: under a prefix, with its namespace declared. */
function namespaced(xml: string, key: string, uri: string): XmlNode {
  let tree: XmlNode;
  try {
    tree = parseTree(xml);
  } catch (error) {
    throw malformedXml(`(metadata_xml):${error instanceof Error ? error.message : ''}`);
  }
  return {
    ...tree,
    name: `${key}:${localName(tree.name)}`,
    attributes: { [`xmlns:${key}`]: uri, ...tree.attributes },
  };
}

function elementOf(tree: XmlNode, uri: string): string | undefined {
  const found = elementsOf(find(tree, 'metadata')).find((each) => namespaceOf(each) === uri);
  if (!found) {
    return undefined;
  }
  const attributes = withoutKey(found.attributes, `xmlns:${prefixOf(found.name)}`);
  const plain = { ...withChildren(found, found.children), name: localName(found.name), attributes };
  return formatTree(plain).trimEnd();
}

function namespaceOf(node: XmlNode): string | undefined {
  const prefix = prefixOf(node.name);
  return node.attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix}`];
}

function prefixOf(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(0, colon);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
