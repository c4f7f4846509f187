import assert from 'node:assert/strict';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import { XdrReader } from '../../../../src/libvirt/xdr/reader.ts';

function reader(hex: string): XdrReader {
  return new XdrReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('XdrReader', () => {
  const scalars: readonly (readonly [string, (from: XdrReader) => unknown, string, unknown])[] = [
    ['int', (from) => from.int(), '00000000', 0],
    ['int', (from) => from.int(), 'ffffffff', -1],
    ['int', (from) => from.int(), '7fffffff', 2_147_483_647],
    ['int', (from) => from.int(), '80000000', -2_147_483_648],
    ['uint', (from) => from.uint(), 'ffffffff', 4_294_967_295],
    ['hyper', (from) => from.hyper(), 'ffffffffffffffff', -1n],
    ['hyper', (from) => from.hyper(), '7fffffffffffffff', 2n ** 63n - 1n],
    ['hyper', (from) => from.hyper(), '8000000000000000', -(2n ** 63n)],
    ['uhyper', (from) => from.uhyper(), 'ffffffffffffffff', 2n ** 64n - 1n],
    ['double', (from) => from.double(), '3ff8000000000000', 1.5],
    ['double', (from) => from.double(), '8000000000000000', -0],
    ['double', (from) => from.double(), '7ff0000000000000', Infinity],
    ['double', (from) => from.double(), '7ff8000000000000', NaN],
    ['bool', (from) => from.bool(), '00000000', false],
    ['bool', (from) => from.bool(), '00000001', true],
    ['compact hyper', (from) => from.compactHyper(), '0000000000000000', 0],
    ['compact hyper', (from) => from.compactHyper(), 'ffffffffffffffff', -1],
    ['compact hyper', (from) => from.compactHyper(), '001fffffffffffff', 2 ** 53 - 1],
    ['compact hyper', (from) => from.compactHyper(), '0020000000000000', 2n ** 53n],
    ['compact hyper', (from) => from.compactHyper(), 'ffe0000000000001', -(2 ** 53 - 1)],
    ['compact hyper', (from) => from.compactHyper(), 'ffe0000000000000', -(2n ** 53n)],
    ['compact hyper', (from) => from.compactHyper(), '8000000000000000', -(2n ** 63n)],
    ['compact uhyper', (from) => from.compactUhyper(), '0000000000000000', 0],
    ['compact uhyper', (from) => from.compactUhyper(), '00000001ffffffff', 2 ** 33 - 1],
    ['compact uhyper', (from) => from.compactUhyper(), '001fffffffffffff', 2 ** 53 - 1],
    ['compact uhyper', (from) => from.compactUhyper(), '0020000000000000', 2n ** 53n],
    ['compact uhyper', (from) => from.compactUhyper(), 'ffffffffffffffff', 2n ** 64n - 1n],
    ['string', (from) => from.string(9), '00000000', ''],
    ['string', (from) => from.string(9), '00000003 61626300', 'abc'],
    ['string', (from) => from.string(9), '00000004 61626364', 'abcd'],
    ['string', (from) => from.string(9), '00000005 c3a9e29883000000', 'é☃'],
    ['opaque', (from) => from.opaque(9), '00000002 aabb0000', new Uint8Array([0xaa, 0xbb])],
    ['fixed opaque', (from) => from.fixedOpaque(3), 'aabbcc00', new Uint8Array([170, 187, 204])],
  ];
  for (const [type, read, hex, expected] of scalars) {
    it(`reads ${hex} as ${type}`, () => {
      const from = reader(hex);
      const value = read(from);
      assert.deepEqual(value, expected);
      assert.equal(from.remaining, 0);
      from.end();
    });

    it(`refuses ${hex} as ${type} when it is cut short anywhere`, () => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => read(new XdrReader(bytes.subarray(0, length))), ProtocolError);
      }
    });
  }

  it('reads one value after the other', () => {
    const from = reader('00000001 61000000 ffffffff 00000001');
    assert.equal(from.string(10), 'a');
    assert.equal(from.int(), -1);
    assert.equal(from.remaining, 4);
    assert.equal(from.bool(), true);
    from.end();
  });

  it('refuses what is left over', () => {
    const from = reader('00000001 00');
    from.int();
    assert.throws(() => {
      from.end();
    }, ProtocolError);
  });

  it('refuses truth values other than 0 and 1', () => {
    for (const hex of ['00000002', 'ffffffff', '80000000']) {
      assert.throws(() => reader(hex).bool(), ProtocolError);
    }
  });

  it('refuses a length above the limit, however many bytes there are', () => {
    assert.throws(() => reader('00000004 61626364').string(3), /limit of 3/);
    assert.throws(() => reader('00000004 61626364').opaque(3), /limit of 3/);
    assert.throws(() => reader('00000004').count(3, 0), /limit of 3/);
    assert.equal(reader('00000003').count(3, 0), 3);
  });

  it('refuses a count that cannot fit before anything is read', () => {
    assert.throws(() => reader('00000003 0000000000000000').count(1_000, 4), /cannot fit/);
    assert.equal(reader('00000002 0000000000000000').count(1_000, 4), 2);
  });

  it('allocates nothing for a lying length', () => {
    const before = process.memoryUsage();
    for (let index = 0; index < 1_000; index++) {
      for (const read of [
        (from: XdrReader) => from.string(0xffff_ffff),
        (from: XdrReader) => from.opaque(0xffff_ffff),
        (from: XdrReader) => from.count(0xffff_ffff, 1),
      ]) {
        assert.throws(() => read(reader('fffffff0 61')), ProtocolError);
      }
    }
    const after = process.memoryUsage();
    assert.ok(after.arrayBuffers - before.arrayBuffers < 16 * 1024 * 1024);
  });

  it('gives opaque data as plain bytes of its own', () => {
    const bytes = Buffer.from('00000002aabb0000', 'hex');
    const value = new XdrReader(bytes).opaque(2);
    bytes.fill(0);
    assert.deepEqual(value, new Uint8Array([0xaa, 0xbb]));
    assert.equal(value.constructor, Uint8Array);
    assert.equal(value.buffer.byteLength, 2);
  });

  it('reads bytes that are not UTF-8 without failing', () => {
    assert.equal(reader('00000002 ff610000').string(9), '\ufffda');
  });
});
