import type { TypedParameter } from './types.ts';

type ParameterName = Pick<TypedParameter, 'field' | 'type'>;

/**
 * The names and types of a record's parameters, in their order: a path in the tree of all those that were read,
 * from its root. Records that look alike end at the same node.
 */
export class ParameterShape {
  readonly field: string;
  readonly type: number;
  readonly #parent: ParameterShape | undefined;
  readonly #tree: { size: number };
  readonly #next = new Map<string, ParameterShape>();
  #likely: ParameterShape | undefined;
  #names: readonly ParameterName[] | undefined;
  #places: ReadonlyMap<string, number> | undefined;

  /** Without anything, the root: a record of no parameters. */
  constructor(field = '', type = 0, parent?: ParameterShape) {
    this.field = field;
    this.type = type;
    this.#parent = parent;
    this.#tree = parent ? parent.#tree : { size: 0 };
    this.#tree.size++;
  }

  /** How many shapes there are in the tree it belongs to. */
  get treeSize(): number {
    return this.#tree.size;
  }

  /** The shape with one more parameter that was asked for last. */
  get likely(): ParameterShape | undefined {
    return this.#likely;
  }

  /** The shape with one more parameter. */
  with(field: string, type: number): ParameterShape {
    const key = `${type} ${field}`;
    let found = this.#next.get(key);
    if (!found) {
      found = new ParameterShape(field, type, this);
      this.#next.set(key, found);
    }
    this.#likely = found;
    return found;
  }

  get names(): readonly ParameterName[] {
    this.#names ??= namesUpTo(this);
    return this.#names;
  }

  /** Where each parameter is; the last one, if there are several of that name. */
  get places(): ReadonlyMap<string, number> {
    this.#places ??= new Map(this.names.map(({ field }, place) => [field, place]));
    return this.#places;
  }

  get parent(): ParameterShape | undefined {
    return this.#parent;
  }
}

/** More shapes than the VMs of all hosts have; a daemon that sends always others fills no memory with them. */
const maxShapes = 20_000;

/** The shapes of all replies to a call: those of a VM are the same in each, and what was found out about them holds. */
export class ParameterShapes {
  #root = new ParameterShape();

  /** Where the tree begins for the next reply. */
  get root(): ParameterShape {
    if (this.#root.treeSize > maxShapes) {
      this.#root = new ParameterShape();
    }
    return this.#root;
  }
}

function namesUpTo(end: ParameterShape): readonly ParameterName[] {
  const names: ParameterName[] = [];
  for (let shape = end; shape.parent; shape = shape.parent) {
    names.push({ field: shape.field, type: shape.type });
  }
  return names.reverse();
}
