import assert from 'node:assert/strict';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import * as xdr from '../../../../src/libvirt/xdr/codec.ts';
import { XdrReader } from '../../../../src/libvirt/xdr/reader.ts';
import { decode, encode } from '../../../fakes/wire.ts';

function hexOf<T>(codec: xdr.Codec<T>, value: T): string {
  return encode(codec, value).toString('hex');
}

function read<T>(codec: xdr.Codec<T>, hex: string): T {
  return decode(codec, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

const point = xdr.struct({ x: xdr.int, y: xdr.int });

describe('XDR codecs', () => {
  const cases: readonly (readonly [xdr.Codec<never>, string, number, unknown, string])[] = [
    [xdr.nothing, 'void', 0, undefined, ''],
    [xdr.int, 'int', 4, -1, 'ffffffff'],
    [xdr.uint, 'uint', 4, 4_294_967_295, 'ffffffff'],
    [xdr.char, 'char', 4, -128, 'ffffff80'],
    [xdr.uchar, 'uchar', 4, 255, '000000ff'],
    [xdr.ushort, 'ushort', 4, 65_535, '0000ffff'],
    [xdr.hyper, 'hyper', 8, -1n, 'ffffffffffffffff'],
    [xdr.uhyper, 'uhyper', 8, 1n, '0000000000000001'],
    [xdr.string(5), 'string<5>', 4, 'abc', '0000000361626300'],
    [xdr.opaque(5), 'opaque<5>', 4, new Uint8Array([1]), '0000000101000000'],
    [xdr.fixedOpaque(2), 'opaque[2]', 2, new Uint8Array([1, 2]), '01020000'],
    [xdr.optional(xdr.int), 'int*', 4, null, '00000000'],
    [xdr.optional(xdr.int), 'int*', 4, 5, '0000000100000005'],
    [xdr.array(xdr.int, 3), 'int<3>', 4, [1, 2], '000000020000000100000002'],
    [xdr.array(xdr.int, 3), 'int<3>', 4, [], '00000000'],
    [xdr.fixedArray(xdr.int, 2), 'int[2]', 8, [1, 2], '0000000100000002'],
    [point, '{x:int,y:int}', 8, { x: 1, y: -1 }, '00000001ffffffff'],
    [
      xdr.struct({ name: xdr.string(9), at: xdr.optional(point) }),
      '{name:string<9>,at:{x:int,y:int}*}',
      8,
      { name: 'a', at: { x: 1, y: 2 } },
      '00000001610000000000000100000001 00000002'.replace(' ', ''),
    ],
  ] as unknown as readonly (readonly [xdr.Codec<never>, string, number, unknown, string])[];
  for (const [codec, layout, minBytes, value, hex] of cases) {
    it(`${layout} is ${hex === '' ? 'nothing' : hex} for ${JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))}`, () => {
      assert.equal(codec.layout, layout);
      assert.equal(codec.minBytes, minBytes);
      assert.equal(hexOf(codec, value as never), hex);
      assert.deepEqual(read(codec, hex), value);
    });
  }

  const refused: readonly (readonly [string, xdr.Codec<never>, string])[] = [
    ['a char above its range', xdr.char, '00000080'],
    ['a char below its range', xdr.char, 'ffffff7f'],
    ['an unsigned char above its range', xdr.uchar, '00000100'],
    ['an unsigned char below 0', xdr.uchar, 'ffffffff'],
    ['an unsigned short above its range', xdr.ushort, '00010000'],
    ['a string above its limit', xdr.string(2), '0000000361626300'],
    ['opaque data above its limit', xdr.opaque(2), '0000000361626300'],
    ['an array above its limit', xdr.array(xdr.int, 1), '000000020000000000000000'],
    ['an array that does not fit', xdr.array(point, 9), '00000002 0000000100000002 00000001'],
    ['an optional that is neither there nor not', xdr.optional(xdr.int), '0000000200000001'],
    ['a struct cut short', point, '00000001'],
    ['a struct with something behind it', point, '000000010000000200000003'],
  ] as unknown as readonly (readonly [string, xdr.Codec<never>, string])[];
  for (const [what, codec, hex] of refused) {
    it(`refuse to read ${what}`, () => {
      assert.throws(() => read(codec, hex), ProtocolError);
    });
  }

  it('refuse to write what the layout cannot hold', () => {
    assert.throws(() => encode(xdr.char, 128), ProtocolError);
    assert.throws(() => encode(xdr.uchar, -1), ProtocolError);
    assert.throws(() => encode(xdr.ushort, 1.5), ProtocolError);
    assert.throws(() => encode(xdr.string(2), 'abc'), ProtocolError);
    assert.throws(() => encode(xdr.opaque(0), new Uint8Array(1)), ProtocolError);
    assert.throws(() => encode(xdr.array(xdr.int, 1), [1, 2]), ProtocolError);
    assert.throws(() => encode(xdr.fixedArray(xdr.int, 2), [1]), ProtocolError);
    assert.throws(() => encode(xdr.fixedOpaque(2), new Uint8Array(3)), ProtocolError);
  });

  it('read in steps what they read at once, element by element', () => {
    const list = xdr.struct({ items: xdr.array(point, 9), more: xdr.int });
    const value = { items: [1, 2, 3].map((x) => ({ x, y: -x })), more: 4 };
    const bytes = encode(list, value);
    for (const codec of [list, xdr.struct({ wrapped: list })]) {
      assert.ok(codec.readInSteps);
      let steps = 0;
      const reading = codec.readInSteps(new XdrReader(bytes));
      let next = reading.next();
      for (; !next.done; next = reading.next()) {
        steps++;
      }
      assert.equal(steps, 3);
      assert.deepEqual(next.value, codec === list ? value : { wrapped: value });
    }
    assert.equal(point.readInSteps, undefined, 'nothing in it can be large');
  });
});
