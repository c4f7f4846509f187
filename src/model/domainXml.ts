import { findElements, parseXml, type XmlElement } from '../xml/parseXml.ts';

/** A disk of a VM as its definition has it. */
export interface DomainDisk {
  /** `disk`, `cdrom`, `floppy` or `lun`. */
  readonly device: string;
  /** What the guest has it as, such as `vda`. */
  readonly target: string;
  /** File, block device, volume or address of a network disk; undefined of an empty drive. */
  readonly source: string | undefined;
  /** Such as `qcow2`. */
  readonly format: string | undefined;
  readonly isReadOnly: boolean;
}

/** A network card of a VM as its definition has it. */
interface DomainInterface {
  readonly mac: string | undefined;
  readonly model: string | undefined;
  /** `network default`, `bridge br0`, `user`, … */
  readonly source: string;
}

/** What is said of a VM from its definition; whatever is not in it is undefined or empty. */
export interface DomainDescription {
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** libosinfo's identifier, such as `http://fedoraproject.org/fedora/40`. */
  readonly osId: string | undefined;
  readonly disks: readonly DomainDisk[];
  readonly interfaces: readonly DomainInterface[];
  /** Types, such as `vnc`. */
  readonly graphics: readonly string[];
}

/** Reads what people want to know of a definition. @throws SyntaxError if it is not XML. */
export function readDomainXml(xml: string): DomainDescription {
  const domain = parseXml(xml);
  const devices = (name: string): readonly XmlElement[] => findElements(domain, 'devices', name);
  return {
    title: textOf(domain, 'title'),
    description: textOf(domain, 'description'),
    osId: findOsId(domain),
    disks: devices('disk').map(readDisk),
    interfaces: devices('interface').map(readInterface),
    graphics: devices('graphics').flatMap(({ attributes }) => attributes['type'] ?? []),
  };
}

function readDisk(disk: XmlElement): DomainDisk {
  return {
    device: disk.attributes['device'] ?? 'disk',
    target: attributeOf(disk, 'target', 'dev') ?? '',
    source: findDiskSource(disk),
    format: attributeOf(disk, 'driver', 'type'),
    isReadOnly: findElements(disk, 'readonly').length > 0,
  };
}

function findDiskSource(disk: XmlElement): string | undefined {
  const source = findElements(disk, 'source')[0]?.attributes ?? {};
  const { pool, volume, protocol, name } = source;
  if (pool !== undefined && volume !== undefined) {
    return `${pool}/${volume}`;
  }
  if (protocol !== undefined) {
    return name === undefined ? protocol : `${protocol}:${name}`;
  }
  return source['file'] ?? source['dev'] ?? source['dir'];
}

function readInterface(card: XmlElement): DomainInterface {
  const type = card.attributes['type'] ?? '';
  const source = findElements(card, 'source')[0]?.attributes ?? {};
  const name = source['network'] ?? source['bridge'] ?? source['dev'] ?? source['path'];
  return {
    mac: attributeOf(card, 'mac', 'address'),
    model: attributeOf(card, 'model', 'type'),
    source: name === undefined ? type : `${type} ${name}`,
  };
}

/** Tools agree on libosinfo's namespace, but not on its prefix. */
function findOsId(domain: XmlElement): string | undefined {
  return findElements(domain, 'metadata')
    .flatMap(({ children }) => children.flatMap((child) => [child, ...child.children]))
    .find(({ name, attributes }) => /(?:^|:)os$/.test(name) && attributes['id'] !== undefined)
    ?.attributes['id'];
}

function attributeOf(element: XmlElement, child: string, attribute: string): string | undefined {
  return findElements(element, child)[0]?.attributes[attribute];
}

function textOf(element: XmlElement, child: string): string | undefined {
  const text = findElements(element, child)[0]?.text.trim();
  return text === '' ? undefined : text;
}
