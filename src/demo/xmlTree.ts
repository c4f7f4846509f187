import { SaxesParser } from 'saxes';

/** An element with its content in order, to be changed by making another one. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlNode | string)[];
}

interface OpenNode extends XmlNode {
  readonly children: (OpenNode | string)[];
}

/** @throws SyntaxError if the document is not well-formed. */
export function parseTree(document: string): XmlNode {
  const parser = new SaxesParser();
  const open: OpenNode[] = [{ name: '', attributes: {}, children: [] }];
  const [top] = open;
  parser.on('error', (error) => {
    throw new SyntaxError(error.message, { cause: error });
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node: OpenNode = { name, attributes, children: [] };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const addText = (text: string): void => {
    open.at(-1)?.children.push(text);
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(document).close();
  const root = top?.children.find((child) => typeof child !== 'string');
  if (!root) {
    throw new SyntaxError('Document is empty');
  }
  return root;
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (XmlNode | string)[]
): XmlNode {
  return {
    name,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, String(value)]),
    ),
    children,
  };
}

export function elementsOf(node: XmlNode | undefined, name?: string): readonly XmlNode[] {
  return (node?.children ?? []).filter(
    (child) => typeof child !== 'string' && (name === undefined || child.name === name),
  ) as readonly XmlNode[];
}

/** The first element that a path of names leads to. */
export function find(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  return path.reduce((at, name) => elementsOf(at, name)[0], node);
}

/** The text directly inside. */
export function textOf(node: XmlNode | undefined): string | undefined {
  return node?.children.filter((child) => typeof child === 'string').join('');
}

export function withoutKey(
  attributes: Readonly<Record<string, string>>,
  key: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== key));
}

export function withAttributes(
  node: XmlNode,
  attributes: Readonly<Record<string, string | number>>,
): XmlNode {
  return element(node.name, { ...node.attributes, ...attributes }, ...node.children);
}

export function withChildren(node: XmlNode, children: readonly (XmlNode | string)[]): XmlNode {
  return { ...node, children };
}

/**
 * Puts `child` where the first element of its name is, or else behind the last one of `after` that is there;
 * without a child the element is taken out.
 */
export function replaceChild(
  node: XmlNode,
  name: string,
  child: XmlNode | undefined,
  after: readonly string[],
): XmlNode {
  const rest = node.children.filter((each) => typeof each === 'string' || each.name !== name);
  if (!child) {
    return withChildren(node, rest);
  }
  let at = node.children.findIndex((each) => typeof each !== 'string' && each.name === name);
  if (at < 0) {
    at = rest.findLastIndex((each) => typeof each !== 'string' && after.includes(each.name)) + 1;
  }
  return withChildren(node, rest.toSpliced(at, 0, child));
}

/** As libvirt writes: two spaces for each level, apostrophes around values. */
export function formatTree(node: XmlNode, indent = ''): string {
  const attributes = Object.entries(node.attributes)
    .map(([name, value]) => ` ${name}='${escapeXml(value)}'`)
    .join('');
  const elements = elementsOf(node);
  const text = textOf(node) ?? '';
  if (elements.length === 0) {
    return text.trim() === ''
      ? `${indent}<${node.name}${attributes}/>\n`
      : `${indent}<${node.name}${attributes}>${escapeXml(text)}</${node.name}>\n`;
  }
  if (text.trim() !== '') {
    return `${indent}${formatMixed(node, attributes)}\n`;
  }
  const inner = elements.map((child) => formatTree(child, `${indent}  `)).join('');
  return `${indent}<${node.name}${attributes}>\n${inner}${indent}</${node.name}>\n`;
}

/** Text beside elements means something, spaces too. */
function formatMixed(node: XmlNode, attributes: string): string {
  const inner = node.children
    .map((child) => (typeof child === 'string' ? escapeXml(child) : formatTree(child).trimEnd()))
    .join('');
  return `<${node.name}${attributes}>${inner}</${node.name}>`;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');
}
