import { domainLifecycle } from '../libvirt/constants.ts';
import { parseUuid } from '../model/uuid.ts';
import { DemoVm } from './demoVm.ts';
import { memoryKiB } from './hardware.ts';
import { randomUuid } from './random.ts';
import { malformedXml, missingName, operationFailed, xmlError } from './refusal.ts';
import type { World } from './world.ts';
import {
  withoutKey,
  element,
  elementsOf,
  find,
  parseTree,
  replaceChild,
  textOf,
  withAttributes,
  withChildren,
  type XmlNode,
} from './xmlTree.ts';

const uuidPattern = /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;

/**
 * Takes a definition over: a new VM, or another definition for the next start of one that is there.
 * @throws DemoRefusal saying what is wrong with it
 */
export function defineDomain(world: World, xml: string): DemoVm {
  const tree = parseDefinition(xml);
  const name = textOf(find(tree, 'name'))?.trim() ?? '';
  const uuidText = textOf(find(tree, 'uuid'))?.trim();
  const uuid =
    uuidText === undefined
      ? randomUuid(world.random)
      : parseUuid(uuidText.replaceAll('-', '').replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const sameName = world.byName(name);
  let vm = world.byUuid(uuid);
  if (vm && vm.name !== name) {
    throw operationFailed(`domain '${vm.name}' is already defined with uuid ${vm.uuidText}`);
  }
  if (!vm && sameName) {
    throw operationFailed(`domain '${name}' already exists with uuid ${sameName.uuidText}`);
  }
  const isUpdate = vm?.persistent === true;
  if (vm) {
    vm.define(normalised(tree, vm.uuidText));
    vm.persistent = true;
  } else {
    vm = new DemoVm(uuid, name, tree);
    vm.define(normalised(tree, vm.uuidText));
    world.add(vm);
  }
  world.events.lifecycle(vm.wire, domainLifecycle.defined, isUpdate ? 1 : 0);
  return vm;
}

function parseDefinition(xml: string): XmlNode {
  let tree: XmlNode;
  try {
    tree = parseTree(xml);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
    throw malformedXml(`(domain_definition):${error.message}`);
  }
  if (tree.name !== 'domain') {
    throw xmlError(`unexpected root element <${tree.name}>, expecting <domain>`);
  }
  const name = textOf(find(tree, 'name'))?.trim() ?? '';
  if (name === '') {
    throw missingName();
  }
  if (/[/\n]/.test(name)) {
    throw xmlError(`name ${name} cannot contain '${name.includes('/') ? '/' : '\\n'}'`);
  }
  const uuid = textOf(find(tree, 'uuid'))?.trim();
  if (uuid !== undefined && !uuidPattern.test(uuid)) {
    throw xmlError('malformed uuid element');
  }
  if (find(tree, 'os', 'type') === undefined) {
    throw xmlError('an os <type> must be specified');
  }
  if (memoryKiB(find(tree, 'memory')) === undefined) {
    throw xmlError("missing or invalid element 'memory'");
  }
  return tree;
}

/** With what libvirt fills in and the way it writes it. */
function normalised(tree: XmlNode, uuid: string): XmlNode {
  const maximum = memoryKiB(find(tree, 'memory')) ?? 0;
  const current = memoryKiB(find(tree, 'currentMemory')) ?? maximum;
  const vcpu = find(tree, 'vcpu') ?? element('vcpu', {}, '1');
  const inOrder = ['name', 'uuid', 'genid', 'title', 'description', 'metadata', 'maxMemory'];
  const kib = (name: string, value: number): XmlNode =>
    element(name, { unit: 'KiB' }, String(value));
  let result = replaceChild(tree, 'uuid', element('uuid', {}, uuid), ['name']);
  result = replaceChild(result, 'memory', kib('memory', maximum), inOrder);
  result = replaceChild(result, 'currentMemory', kib('currentMemory', current), ['memory']);
  result = replaceChild(
    result,
    'vcpu',
    vcpu.attributes['placement'] === undefined
      ? withAttributes(vcpu, { placement: 'static' })
      : vcpu,
    ['currentMemory'],
  );
  const attributes = withoutKey(result.attributes, 'id');
  // Spaces between elements are not kept
  return withChildren({ ...result, attributes }, elementsOf(result));
}
