import { ProtocolError } from '../errors.ts';
import type { XdrReader } from './reader.ts';
import type { XdrWriter } from './writer.ts';

/** How one type looks on the wire. */
export interface Codec<T> {
  /** Canonical text of the layout, compared with libvirt's own protocol files by a test. */
  readonly layout: string;
  /** The fewest bytes a value takes. */
  readonly minBytes: number;
  /** @throws ProtocolError if the bytes do not follow the layout. */
  read(reader: XdrReader): T;
  /** @throws ProtocolError if the value does not fit the layout. */
  write(writer: XdrWriter, value: T): void;
  /** Reads like {@link read}, but lets the caller pause between elements; only of types that can be large. */
  readonly readInSteps?: (reader: XdrReader) => Generator<undefined, T>;
}

/** The type a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

type AnyCodec = Codec<never> | Codec<unknown>;

/** A struct's fields in wire order. */
export type Fields = Readonly<Record<string, AnyCodec>>;

export type StructOf<F extends Fields> = { readonly [K in keyof F]: Decoded<F[K]> };

/** No bytes at all: a procedure without arguments or result. */
export const nothing: Codec<void> = {
  layout: 'void',
  minBytes: 0,
  read: () => undefined,
  write: () => undefined,
};

export const int: Codec<number> = {
  layout: 'int',
  minBytes: 4,
  read: (reader) => reader.int(),
  write: (writer, value) => {
    writer.int(value);
  },
};

export const uint: Codec<number> = {
  layout: 'uint',
  minBytes: 4,
  read: (reader) => reader.uint(),
  write: (writer, value) => {
    writer.uint(value);
  },
};

/** XDR has no short types: they travel as four bytes, and a value out of range is refused. */
function narrow(layout: string, min: number, max: number): Codec<number> {
  const check = (value: number): number => {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new ProtocolError(`${value} is not ${layout}.`);
    }
    return value;
  };
  return {
    layout,
    minBytes: 4,
    read: (reader) => check(reader.int()),
    write: (writer, value) => {
      writer.int(check(value));
    },
  };
}

export const char = narrow('char', -128, 127);
export const uchar = narrow('uchar', 0, 255);
export const ushort = narrow('ushort', 0, 65_535);

export const hyper: Codec<bigint> = {
  layout: 'hyper',
  minBytes: 8,
  read: (reader) => reader.hyper(),
  write: (writer, value) => {
    writer.hyper(value);
  },
};

export const uhyper: Codec<bigint> = {
  layout: 'uhyper',
  minBytes: 8,
  read: (reader) => reader.uhyper(),
  write: (writer, value) => {
    writer.uhyper(value);
  },
};

export function string(maxBytes: number): Codec<string> {
  return {
    layout: `string<${maxBytes}>`,
    minBytes: 4,
    read: (reader) => reader.string(maxBytes),
    write: (writer, value) => {
      writer.string(value, maxBytes);
    },
  };
}

export function opaque(maxBytes: number): Codec<Uint8Array> {
  return {
    layout: `opaque<${maxBytes}>`,
    minBytes: 4,
    read: (reader) => reader.opaque(maxBytes),
    write: (writer, value) => {
      writer.opaque(value, maxBytes);
    },
  };
}

export function fixedOpaque(length: number): Codec<Uint8Array> {
  return {
    layout: `opaque[${length}]`,
    minBytes: length,
    read: (reader) => reader.fixedOpaque(length),
    write: (writer, value) => {
      writer.fixedOpaque(value, length);
    },
  };
}

/** A pointer in libvirt's files: one word that says whether the value follows. */
export function optional<T>(inner: Codec<T>): Codec<T | null> {
  return {
    layout: `${inner.layout}*`,
    minBytes: 4,
    read: (reader) => (reader.bool() ? inner.read(reader) : null),
    write: (writer, value) => {
      writer.bool(value !== null);
      if (value !== null) {
        inner.write(writer, value);
      }
    },
  };
}

/** An array of at most `maxCount` elements. */
export function array<T>(element: Codec<T>, maxCount: number): Codec<readonly T[]> {
  function* readInSteps(reader: XdrReader): Generator<undefined, readonly T[]> {
    const count = reader.count(maxCount, element.minBytes);
    const values: T[] = [];
    for (let index = 0; index < count; index++) {
      values.push(element.read(reader));
      yield;
    }
    return values;
  }
  return {
    layout: `${element.layout}<${maxCount}>`,
    minBytes: 4,
    read: (reader) => {
      const count = reader.count(maxCount, element.minBytes);
      const values: T[] = [];
      for (let index = 0; index < count; index++) {
        values.push(element.read(reader));
      }
      return values;
    },
    readInSteps,
    write: (writer, values) => {
      writer.count(values.length, maxCount);
      for (const value of values) {
        element.write(writer, value);
      }
    },
  };
}

/** An array of exactly `count` elements, without a count in front. */
export function fixedArray<T>(element: Codec<T>, count: number): Codec<readonly T[]> {
  return {
    layout: `${element.layout}[${count}]`,
    minBytes: element.minBytes * count,
    read: (reader) => Array.from({ length: count }, () => element.read(reader)),
    write: (writer, values) => {
      if (values.length !== count) {
        throw new ProtocolError(`${values.length} elements where ${count} belong.`);
      }
      for (const value of values) {
        element.write(writer, value);
      }
    },
  };
}

/** Fields one after the other, in the order written here. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields) as [string, Codec<unknown>][];
  const readInSteps = function* (reader: XdrReader): Generator<undefined, StructOf<F>> {
    const value: Record<string, unknown> = {};
    for (const [name, codec] of entries) {
      value[name] = codec.readInSteps ? yield* codec.readInSteps(reader) : codec.read(reader);
    }
    return value as StructOf<F>;
  };
  return {
    layout: `{${entries.map(([name, codec]) => `${name}:${codec.layout}`).join(',')}}`,
    minBytes: entries.reduce((sum, [, codec]) => sum + codec.minBytes, 0),
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) {
        value[name] = codec.read(reader);
      }
      return value as StructOf<F>;
    },
    ...(entries.some(([, codec]) => codec.readInSteps) ? { readInSteps } : {}),
    write: (writer, value) => {
      for (const [name, codec] of entries) {
        codec.write(writer, value[name as keyof F]);
      }
    },
  };
}
