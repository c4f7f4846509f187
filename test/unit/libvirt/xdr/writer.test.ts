import assert from 'node:assert/strict';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import { XdrWriter } from '../../../../src/libvirt/xdr/writer.ts';

function written(write: (writer: XdrWriter) => void): string {
  const writer = new XdrWriter();
  write(writer);
  return writer.bytes().toString('hex');
}

describe('XdrWriter', () => {
  const cases: readonly (readonly [string, (writer: XdrWriter) => void, string])[] = [
    [
      'int -1',
      (writer) => {
        writer.int(-1);
      },
      'ffffffff',
    ],
    [
      'int, the least',
      (writer) => {
        writer.int(-2_147_483_648);
      },
      '80000000',
    ],
    [
      'int, the greatest',
      (writer) => {
        writer.int(2_147_483_647);
      },
      '7fffffff',
    ],
    [
      'uint, the greatest',
      (writer) => {
        writer.uint(4_294_967_295);
      },
      'ffffffff',
    ],
    [
      'hyper, the least',
      (writer) => {
        writer.hyper(-(2n ** 63n));
      },
      '8000000000000000',
    ],
    [
      'hyper, the greatest',
      (writer) => {
        writer.hyper(2n ** 63n - 1n);
      },
      '7fffffffffffffff',
    ],
    [
      'uhyper, the greatest',
      (writer) => {
        writer.uhyper(2n ** 64n - 1n);
      },
      'ffffffffffffffff',
    ],
    [
      'double',
      (writer) => {
        writer.double(1.5);
      },
      '3ff8000000000000',
    ],
    [
      'bool',
      (writer) => {
        writer.bool(true);
        writer.bool(false);
      },
      '0000000100000000',
    ],
    [
      'string of none',
      (writer) => {
        writer.string('', 0);
      },
      '00000000',
    ],
    [
      'string with padding',
      (writer) => {
        writer.string('abcde', 5);
      },
      '000000056162636465000000',
    ],
    [
      'string beyond ASCII',
      (writer) => {
        writer.string('é', 2);
      },
      '00000002c3a90000',
    ],
    [
      'opaque',
      (writer) => {
        writer.opaque(new Uint8Array([1]), 4);
      },
      '0000000101000000',
    ],
    [
      'fixed opaque',
      (writer) => {
        writer.fixedOpaque(new Uint8Array([1, 2]), 2);
      },
      '01020000',
    ],
    [
      'count',
      (writer) => {
        writer.count(7, 7);
      },
      '00000007',
    ],
  ];
  for (const [name, write, hex] of cases) {
    it(`writes ${name}`, () => {
      assert.equal(written(write), hex);
    });
  }

  const refused: readonly (readonly [string, (writer: XdrWriter) => void])[] = [
    [
      'an int too small',
      (writer) => {
        writer.int(-2_147_483_649);
      },
    ],
    [
      'an int too large',
      (writer) => {
        writer.int(2_147_483_648);
      },
    ],
    [
      'an int with a fraction',
      (writer) => {
        writer.int(1.5);
      },
    ],
    [
      'an int that is none',
      (writer) => {
        writer.int(NaN);
      },
    ],
    [
      'a uint below 0',
      (writer) => {
        writer.uint(-1);
      },
    ],
    [
      'a uint too large',
      (writer) => {
        writer.uint(4_294_967_296);
      },
    ],
    [
      'a hyper too small',
      (writer) => {
        writer.hyper(-(2n ** 63n) - 1n);
      },
    ],
    [
      'a hyper too large',
      (writer) => {
        writer.hyper(2n ** 63n);
      },
    ],
    [
      'a uhyper below 0',
      (writer) => {
        writer.uhyper(-1n);
      },
    ],
    [
      'a uhyper too large',
      (writer) => {
        writer.uhyper(2n ** 64n);
      },
    ],
    [
      'a string above its limit in bytes',
      (writer) => {
        writer.string('éé', 3);
      },
    ],
    [
      'a string that C would cut off',
      (writer) => {
        writer.string('web\0evil', 99);
      },
    ],
    [
      'opaque data above its limit',
      (writer) => {
        writer.opaque(new Uint8Array(5), 4);
      },
    ],
    [
      'opaque data of another length',
      (writer) => {
        writer.fixedOpaque(new Uint8Array(5), 6);
      },
    ],
    [
      'a count above its limit',
      (writer) => {
        writer.count(8, 7);
      },
    ],
  ];
  for (const [name, write] of refused) {
    it(`refuses ${name} and leaves nothing half written`, () => {
      const writer = new XdrWriter();
      writer.int(7);
      assert.throws(() => {
        write(writer);
      }, ProtocolError);
      assert.equal(writer.bytes().toString('hex'), '00000007');
    });
  }

  it('grows wherever its buffer happens to be full', () => {
    for (let fill = 0; fill <= 600; fill += 4) {
      const writer = new XdrWriter();
      writer.fixedOpaque(new Uint8Array(fill).fill(0xee), fill);
      writer.int(-2);
      writer.uint(3);
      writer.hyper(-4n);
      writer.uhyper(5n);
      writer.double(1.5);
      writer.bool(true);
      writer.string('abc', 3);
      writer.opaque(new Uint8Array([9]), 1);
      assert.equal(
        writer.bytes().subarray(fill).toString('hex'),
        'fffffffe' +
          '00000003' +
          'fffffffffffffffc' +
          '0000000000000005' +
          '3ff8000000000000' +
          '00000001' +
          '0000000361626300' +
          '0000000109000000',
        `${fill} bytes before`,
      );
      assert.ok(
        writer
          .bytes()
          .subarray(0, fill)
          .every((byte) => byte === 0xee),
      );
    }
  });

  it('keeps the room asked for in front', () => {
    const writer = new XdrWriter(28);
    writer.int(1);
    assert.equal(writer.bytes().toString('hex'), '00'.repeat(28) + '00000001');
  });

  it('writes no bytes of other memory as padding', () => {
    for (let length = 1; length < 300; length++) {
      const writer = new XdrWriter();
      writer.string('x'.repeat(length), length);
      const padding = writer.bytes().subarray(4 + length);
      assert.ok(padding.length < 4);
      assert.ok(padding.every((byte) => byte === 0));
    }
  });
});
