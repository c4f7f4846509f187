/** The definition for the next start, or that of the running instance. */
export type DefinitionView = 'inactive' | 'live';

/** A VM's definition as a document. Host and UUID say which; the name only makes the tab readable. */
export interface DefinitionPath {
  readonly kind: 'definition';
  readonly host: string;
  readonly uuid: string;
  readonly view: DefinitionView;
  /** As it was when the path was made: a rename does not change it. */
  readonly name: string;
}

/** A picture of a VM's screen. */
export interface PicturePath {
  readonly kind: 'picture';
  readonly host: string;
  readonly uuid: string;
  /** Its name without `.png`. */
  readonly title: string;
}

/** What documents stand in; nobody opens it, but the editor asks about it. */
export interface FolderPath {
  readonly kind: 'folder';
  readonly host: string | undefined;
  readonly uuid: string | undefined;
  readonly isLive: boolean;
}

export type DocumentPath = DefinitionPath | PicturePath | FolderPath;

/** The folder of the running instance's definition: a name alone could not tell it apart, as a VM may have any. */
const liveFolder = 'running';
const liveSuffix = ' (running)';
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The path of a `libvirt:` URI, such as `/lab-1/<uuid>/web-01.xml` or `/lab-1/<uuid>/running/web-01 (running).xml`. */
export function formatDocumentPath(path: DefinitionPath | PicturePath): string {
  const vm = `/${encodeSegment(path.host)}/${path.uuid}`;
  if (path.kind === 'picture') {
    return `${vm}/${encodeSegment(`${path.title}.png`)}`;
  }
  return path.view === 'live'
    ? `${vm}/${liveFolder}/${encodeSegment(`${path.name}${liveSuffix}.xml`)}`
    : `${vm}/${encodeSegment(`${path.name}.xml`)}`;
}

/** What a path leads to; undefined if it is none of ours. */
export function parseDocumentPath(path: string): DocumentPath | undefined {
  const [root, ...segments] = path.replace(/\/$/, '').split('/').map(decodeSegment);
  const [host, uuid, ...rest] = segments;
  if (root !== '' || segments.includes('')) {
    return undefined;
  }
  if (host === undefined || uuid === undefined) {
    return { kind: 'folder', host, uuid: undefined, isLive: false };
  }
  return uuidPattern.test(uuid) ? parseInVm(host, uuid, rest) : undefined;
}

function parseInVm(host: string, uuid: string, rest: readonly string[]): DocumentPath | undefined {
  const [first, second, ...more] = rest;
  if (more.length > 0) {
    return undefined;
  }
  if (first === undefined || (first === liveFolder && second === undefined)) {
    return { kind: 'folder', host, uuid, isLive: first !== undefined };
  }
  if (second !== undefined) {
    const name = withoutEnd(second, `${liveSuffix}.xml`) ?? withoutEnd(second, '.xml');
    return first === liveFolder && name !== undefined
      ? { kind: 'definition', host, uuid, view: 'live', name }
      : undefined;
  }
  const name = withoutEnd(first, '.xml');
  if (name !== undefined) {
    return { kind: 'definition', host, uuid, view: 'inactive', name };
  }
  const title = withoutEnd(first, '.png');
  return title === undefined ? undefined : { kind: 'picture', host, uuid, title };
}

/**
 * What would change a path's meaning is percent-encoded, and `%` only where it would be read as such an encoding,
 * so that names stay readable in tabs.
 */
export function encodeSegment(text: string): string {
  const encoded = text.replace(/%(?=[0-9a-f]{2})|[/\\]|\p{Cc}/giu, (character) =>
    [...Buffer.from(character, 'utf8')].map(encodeByte).join(''),
  );
  // A folder of that name would be taken for the one itself, or the one above
  return /^\.{1,2}$/.test(encoded) ? encoded.replaceAll('.', encodeByte(0x2e)) : encoded;
}

function encodeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

function decodeSegment(segment: string): string {
  return segment.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}

function withoutEnd(text: string, end: string): string | undefined {
  return text.endsWith(end) ? text.slice(0, -end.length) : undefined;
}
