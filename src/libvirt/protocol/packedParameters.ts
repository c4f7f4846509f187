import type { XdrReader } from '../xdr/reader.ts';
import type { ParameterShape } from './parameterShape.ts';
import {
  maxStringBytes,
  minParameterBytes,
  typedParameterType,
  unknownType,
  type TypedParameter,
  type TypedParameters,
  type TypedValue,
} from './types.ts';

/** A 64-bit value that no number tells exactly, and its place among the parameters. */
interface LargeValue {
  readonly place: number;
  readonly value: bigint;
}

/**
 * The parameters of one record of a reply, packed: names and types are shared with the records that have the
 * same, numbers lie in memory outside the heap, texts stay in the reply until they are asked for. As objects,
 * the parameters of ten thousand VMs are half a million that live until the reply was read to its end, and
 * the garbage collector stops everything for longer to move them than decoding takes.
 */
export class PackedParameters implements Iterable<TypedParameter> {
  readonly #reply: XdrReader;
  readonly #shape: ParameterShape;
  /** Numbers; of truth values 1 or 0, of texts where they are in the reply, of large values NaN. */
  readonly #numbers: Float64Array;
  readonly #start: number;
  readonly #large: readonly LargeValue[] | undefined;

  constructor(
    reply: XdrReader,
    shape: ParameterShape,
    numbers: Float64Array,
    start: number,
    large: readonly LargeValue[] | undefined,
  ) {
    this.#reply = reply;
    this.#shape = shape;
    this.#numbers = numbers;
    this.#start = start;
    this.#large = large;
  }

  get length(): number {
    return this.#shape.names.length;
  }

  /** The same object for records that look alike: what was found out about one holds for the others. */
  get shape(): ParameterShape {
    return this.#shape;
  }

  /** The value of a parameter; of the last one, if there are several of that name. */
  get(field: string): TypedValue | undefined {
    const place = this.#shape.places.get(field);
    return place === undefined ? undefined : this.at(place);
  }

  /** A number, by the place of its name in the shape; undefined of what is none. */
  numberAt(place: number): number | bigint | undefined {
    const number = this.#numbers[this.#start + place] ?? Number.NaN;
    const type = this.#shape.names[place]?.type;
    if (type === typedParameterType.string || type === typedParameterType.boolean) {
      return undefined;
    }
    return this.#large === undefined ? number : (this.#largeAt(place) ?? number);
  }

  *[Symbol.iterator](): Generator<TypedParameter, void> {
    for (const [place, { field, type }] of this.#shape.names.entries()) {
      yield { field, type, value: this.at(place) };
    }
  }

  /** A value, by the place of its name in the shape. */
  at(place: number): TypedValue {
    const number = this.#numbers[this.#start + place] ?? Number.NaN;
    switch (this.#shape.names[place]?.type) {
      case typedParameterType.boolean:
        return number !== 0;
      case typedParameterType.string:
        return this.#reply.from(number).string(maxStringBytes);
      default:
        return this.#largeAt(place) ?? number;
    }
  }

  #largeAt(place: number): bigint | undefined {
    return this.#large?.find((large) => large.place === place)?.value;
  }
}

/** Finds values by name: at once where parameters are packed, as those of a reply are. */
export function parameterValues(
  params: TypedParameters,
): (field: string) => TypedValue | undefined {
  if (params instanceof PackedParameters) {
    return (field) => params.get(field);
  }
  const values = new Map<string, TypedValue>();
  for (const { field, value } of params) {
    values.set(field, value);
  }
  return (field) => values.get(field);
}

/** So many numbers are reserved at a time. */
const blockLength = 4_096;
const noNumbers = new Float64Array();

/** Reads the parameters of the records of one reply. What they share lives as long as they do. */
export class ParameterPacker {
  readonly #reader: XdrReader;
  readonly #root: ParameterShape;
  #numbers = noNumbers;
  #used = 0;

  constructor(reader: XdrReader, root: ParameterShape) {
    this.#reader = reader;
    this.#root = root;
  }

  /** Reads a record's parameters. @throws ProtocolError as the codec of a list of parameters does. */
  read(maxCount: number): PackedParameters {
    const reader = this.#reader;
    const count = reader.count(maxCount, minParameterBytes);
    const start = this.#reserve(count);
    const numbers = this.#numbers;
    let large: LargeValue[] | undefined;
    let shape = this.#root;
    for (let place = 0; place < count; place++) {
      const { likely } = shape;
      const field =
        likely && reader.skipName(likely.field) ? likely.field : reader.name(maxStringBytes);
      const type = reader.int();
      shape = likely?.field === field && likely.type === type ? likely : shape.with(field, type);
      const value = readNumber(reader, type);
      if (typeof value === 'number') {
        numbers[start + place] = value;
      } else {
        numbers[start + place] = Number.NaN;
        (large ??= []).push({ place, value });
      }
    }
    return new PackedParameters(reader, shape, numbers, start, large);
  }

  /** @returns where there is room for so many numbers. */
  #reserve(count: number): number {
    if (this.#used + count > this.#numbers.length) {
      this.#numbers = new Float64Array(Math.max(blockLength, count));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += count;
    return start;
  }
}

/** Reads a value, as the number it is kept as if there is one. */
function readNumber(reader: XdrReader, type: number): number | bigint {
  switch (type) {
    case typedParameterType.int:
      return reader.int();
    case typedParameterType.uint:
      return reader.uint();
    case typedParameterType.llong:
      return reader.compactHyper();
    case typedParameterType.ullong:
      return reader.compactUhyper();
    case typedParameterType.double:
      return reader.double();
    case typedParameterType.boolean:
      return reader.int() !== 0 ? 1 : 0;
    case typedParameterType.string: {
      const { offset } = reader;
      reader.skipString(maxStringBytes);
      return offset;
    }
    default:
      throw unknownType(type);
  }
}
