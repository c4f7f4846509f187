import type { Declaration, Definition, TypeName, Value } from './parser.ts';

/** Answers what the names of a set of definitions stand for. */
export interface Resolver {
  /** Every constant and enum member, with its number. */
  readonly consts: ReadonlyMap<string, number>;
  readonly has: (typeName: string) => boolean;
  /** The canonical layout of a struct, union, enum or typedef, all names in it expanded. */
  readonly layout: (typeName: string) => string;
}

/** The longest array XDR allows: what `<>` without a number means. */
const unlimited = 0xffff_ffff;

/** Turns `need_results` into `needResults`: the one spelling rule between the protocol's names and ours. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Resolves definitions against each other; `externals` are constants that come from elsewhere (C headers). */
export function createResolver(
  definitions: readonly Definition[],
  externals: ReadonlyMap<string, number> = new Map(),
): Resolver {
  const types = new Map<string, Definition>();
  const values = new Map<string, () => number>();
  for (const definition of definitions) {
    if (definition.kind === 'const') {
      define(values, definition.name, () => number(definition.value), definition.where);
      continue;
    }
    define(types, definition.name, definition, definition.where);
    if (definition.kind === 'enum') {
      let previous: string | null = null;
      for (const { name, value } of definition.members) {
        const before = previous;
        const count = () => (before === null ? 0 : number(before) + 1);
        define(values, name, () => (value === null ? count() : number(value)), definition.where);
        previous = name;
      }
    }
  }

  const busy = new Set<string>();
  function once<T>(name: string, resolve: () => T): T {
    if (busy.has(name)) {
      throw new Error(`'${name}' is defined by way of itself`);
    }
    busy.add(name);
    try {
      return resolve();
    } finally {
      busy.delete(name);
    }
  }

  function number(value: Value): number {
    if (typeof value === 'number') {
      return value;
    }
    const own = values.get(value);
    const known = own === undefined ? externals.get(value) : once(value, own);
    if (known === undefined) {
      throw new Error(`unknown constant '${value}'`);
    }
    return known;
  }

  function layout(name: string): string {
    const definition = types.get(name);
    if (definition === undefined) {
      throw new Error(`unknown type '${name}'`);
    }
    return once(name, () => definitionLayout(definition));
  }

  function definitionLayout(definition: Definition): string {
    switch (definition.kind) {
      case 'const':
        throw new Error(`${definition.where}: '${definition.name}' is a constant, not a type`);
      case 'enum':
        return 'int';
      case 'typedef':
        return at(definition.declaration);
      case 'struct':
        return `{${definition.fields.map(field).join(',')}}`;
      case 'union': {
        const arms = definition.arms.flatMap(({ labels, declaration }) =>
          labels.map((label) => ({
            label: label === null ? Infinity : number(label),
            text: declaration === null ? 'void' : at(declaration),
          })),
        );
        const texts = arms
          .toSorted((a, b) => a.label - b.label)
          .map(({ label, text }) => `${label === Infinity ? 'default' : label}=${text}`);
        return `union(${field(definition.discriminant)}){${texts.join(',')}}`;
      }
    }
  }

  function field(declaration: Declaration): string {
    return `${camelCase(declaration.name)}:${at(declaration)}`;
  }

  function at(declaration: Declaration): string {
    try {
      return declarationLayout(declaration);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // The innermost place is the one to look at.
      throw new Error(/^\S+:\d+: /.test(text) ? text : `${declaration.where}: ${text}`);
    }
  }

  function declarationLayout({ name, type, shape }: Declaration): string {
    const allowed = { string: ['variable'], opaque: ['variable', 'fixed'] };
    if (
      (type.kind === 'string' || type.kind === 'opaque') &&
      !allowed[type.kind].includes(shape.kind)
    ) {
      throw new Error(`'${name}' has no size, which ${type.kind} needs`);
    }
    switch (shape.kind) {
      case 'single':
        return typeLayout(type);
      case 'optional':
        return `${typeLayout(type)}*`;
      case 'fixed':
        return `${typeLayout(type)}[${number(shape.size)}]`;
      case 'variable':
        return `${typeLayout(type)}<${shape.size === null ? unlimited : number(shape.size)}>`;
    }
  }

  function typeLayout(type: TypeName): string {
    switch (type.kind) {
      case 'scalar':
        return type.name;
      case 'named':
        return layout(type.name);
      case 'string':
      case 'opaque':
        return type.kind;
    }
  }

  return {
    consts: new Map([...values.keys()].map((name) => [name, number(name)])),
    has: (typeName) => types.has(typeName),
    layout,
  };
}

function define<T>(map: Map<string, T>, name: string, value: T, where: string): void {
  if (map.has(name)) {
    throw new Error(`${where}: '${name}' is defined twice`);
  }
  map.set(name, value);
}
