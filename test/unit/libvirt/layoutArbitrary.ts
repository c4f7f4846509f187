import fc from 'fast-check';

/**
 * Values that a codec with this layout can carry. The layout text is complete, so that arbitraries follow from
 * the procedure tables by themselves.
 */
export function layoutArbitrary(layout: string): fc.Arbitrary<unknown> {
  const parser = new LayoutParser(layout);
  const arbitrary = parser.type();
  parser.end();
  return arbitrary;
}

/** More elements, characters or bytes test nothing further, and take time. */
const maxLength = 6;

const scalars: Readonly<Record<string, () => fc.Arbitrary<unknown>>> = {
  void: () => fc.constant(undefined),
  int: () => fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  uint: () => fc.integer({ min: 0, max: 0xffff_ffff }),
  char: () => fc.integer({ min: -128, max: 127 }),
  uchar: () => fc.integer({ min: 0, max: 255 }),
  ushort: () => fc.integer({ min: 0, max: 65_535 }),
  hyper: () => hyper(),
  uhyper: () => uhyper(),
  double: () => fc.double(),
};

function hyper(): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
}

function uhyper(): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
}

/** Texts as people write them and as they never would; no zero, which C's strings cannot hold. */
function text(maxBytes: number): fc.Arbitrary<string> {
  return fc
    .oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: maxLength }))
    .map((value) => value.replaceAll('\0', '0'))
    .filter((value) => Buffer.byteLength(value) <= maxBytes);
}

function bytes(minLength: number, limit: number): fc.Arbitrary<Uint8Array> {
  const most = Math.max(minLength, Math.min(limit, maxLength));
  // fast-check's arrays are views of a larger buffer: what is read is not
  return fc.uint8Array({ minLength, maxLength: most }).map((value) => new Uint8Array(value));
}

/** 64-bit values of statistics are numbers where that is exact. */
function compact(value: bigint): number | bigint {
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

/** A typed parameter holds its union's discriminator and value as fields of its own. */
function typedParameter(field: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const values: readonly (readonly [number, fc.Arbitrary<unknown>])[] = [
    [1, fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })],
    [2, fc.integer({ min: 0, max: 0xffff_ffff })],
    [3, hyper().map(compact)],
    [4, uhyper().map(compact)],
    [4, fc.integer({ min: 0, max: 1_000_000 })],
    [5, fc.double()],
    [6, fc.boolean()],
    [7, text(4_194_304)],
  ];
  return fc.oneof(
    ...values.map(([type, value]) =>
      fc.record({ field, type: fc.constant(type), value }, { noNullPrototype: true }),
    ),
  );
}

const unionText =
  /^union\(type:int\)\{1=int,2=uint,3=hyper,4=uhyper,5=double,6=int,7=string<\d+>\}/;

class LayoutParser {
  readonly #text: string;
  #at = 0;

  constructor(layout: string) {
    this.#text = layout;
  }

  end(): void {
    if (this.#at < this.#text.length) {
      throw this.#error();
    }
  }

  type(): fc.Arbitrary<unknown> {
    let arbitrary = this.#base();
    for (;;) {
      const inner = arbitrary;
      const [, limit] = this.#take(/^<(\d+)>/) ?? [];
      const [, count] = this.#take(/^\[(\d+)\]/) ?? [];
      if (limit !== undefined) {
        arbitrary = fc.array(inner, { maxLength: Math.min(Number(limit), maxLength) });
      } else if (count !== undefined) {
        arbitrary = fc.array(inner, { minLength: Number(count), maxLength: Number(count) });
      } else if (this.#take(/^\*/)) {
        arbitrary = fc.option(inner, { nil: null });
      } else {
        return arbitrary;
      }
    }
  }

  #base(): fc.Arbitrary<unknown> {
    const [, stringLimit] = this.#take(/^string<(\d+)>/) ?? [];
    if (stringLimit !== undefined) {
      return text(Number(stringLimit));
    }
    const [, opaqueLimit] = this.#take(/^opaque<(\d+)>/) ?? [];
    if (opaqueLimit !== undefined) {
      return bytes(0, Number(opaqueLimit));
    }
    const [, opaqueLength] = this.#take(/^opaque\[(\d+)\]/) ?? [];
    if (opaqueLength !== undefined) {
      return bytes(Number(opaqueLength), Number(opaqueLength));
    }
    if (this.#take(/^\{/)) {
      return this.#struct();
    }
    const [name = ''] = this.#take(/^[a-z]+/) ?? [];
    const scalar = scalars[name];
    if (!scalar) {
      throw this.#error();
    }
    return scalar();
  }

  #struct(): fc.Arbitrary<unknown> {
    const fields: Record<string, fc.Arbitrary<unknown>> = {};
    do {
      const [, name] = this.#take(/^(\w+):/) ?? [];
      if (name === undefined) {
        throw this.#error();
      }
      if (this.#take(unionText)) {
        this.#expect(/^\}/);
        return typedParameter(fields['field'] ?? fc.constant(''));
      }
      fields[name] = this.type();
    } while (this.#take(/^,/));
    this.#expect(/^\}/);
    return fc.record(fields, { noNullPrototype: true });
  }

  #expect(pattern: RegExp): void {
    if (!this.#take(pattern)) {
      throw this.#error();
    }
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    const match = pattern.exec(this.#text.slice(this.#at));
    this.#at += match?.[0].length ?? 0;
    return match;
  }

  #error(): Error {
    return new Error(`This layout is not understood at ${this.#at}: ${this.#text}`);
  }
}
