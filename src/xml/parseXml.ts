import { SaxesParser } from 'saxes';

/** An element of a document that is only looked at: text, attributes and children, without places. */
export interface XmlElement {
  /** As written, prefix included. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, entities resolved, without that of its children. */
  readonly text: string;
}

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

/**
 * Reads a whole document, such as a definition that libvirt gave, and returns its root.
 * @throws SyntaxError if it is not well-formed.
 */
export function parseXml(document: string): XmlElement {
  const parser = new SaxesParser();
  const top: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open: OpenElement[] = [top];
  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element) {
      element.text += text;
    }
  };
  parser.on('error', (error) => {
    throw new SyntaxError(`This is not XML: ${error.message}`, { cause: error });
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: OpenElement = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(document).close();
  const [root] = top.children;
  if (!root) {
    throw new SyntaxError('This is not XML: there is no element in it.');
  }
  return root;
}

/** The elements that a path of names leads to from `root`, which the path does not name. */
export function findElements(root: XmlElement, ...path: readonly string[]): readonly XmlElement[] {
  return path.reduce<readonly XmlElement[]>(
    (found, name) =>
      found.flatMap((element) => element.children.filter((child) => child.name === name)),
    [root],
  );
}
