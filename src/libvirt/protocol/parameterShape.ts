import type { TypedParameter } from './types.ts';

type ParameterName = Pick<TypedParameter, 'field' | 'type'>;

/**
 * The names and types of a record's parameters, in their order: a path in the tree of all those of a reply, from
 * its root. Records that look alike end at the same node.
 */
export class ParameterShape {
  readonly field: string;
  readonly type: number;
  readonly #parent: ParameterShape | undefined;
  readonly #next = new Map<string, ParameterShape>();
  #likely: ParameterShape | undefined;
  #names: readonly ParameterName[] | undefined;
  #places: ReadonlyMap<string, number> | undefined;

  /** Without anything, the root: a record of no parameters. */
  constructor(field = '', type = 0, parent?: ParameterShape) {
    this.field = field;
    this.type = type;
    this.#parent = parent;
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

function namesUpTo(end: ParameterShape): readonly ParameterName[] {
  const names: ParameterName[] = [];
  for (let shape = end; shape.parent; shape = shape.parent) {
    names.push({ field: shape.field, type: shape.type });
  }
  return names.reverse();
}
