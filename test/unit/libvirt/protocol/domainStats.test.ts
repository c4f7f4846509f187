import assert from 'node:assert/strict';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import { domainStatsList } from '../../../../src/libvirt/protocol/domainStats.ts';
import { parameterValues } from '../../../../src/libvirt/protocol/packedParameters.ts';
import {
  typedParameterType as type,
  type TypedParameter,
} from '../../../../src/libvirt/protocol/types.ts';
import { decode, encode } from '../../../fakes/wire.ts';
import { unpacked } from '../unpacked.ts';

const list = domainStatsList(10);

function record(
  id: number,
  params: readonly TypedParameter[],
): { dom: { name: string; uuid: Uint8Array; id: number }; params: readonly TypedParameter[] } {
  return { dom: { name: `vm-${id}`, uuid: new Uint8Array(16).fill(id), id }, params };
}

const cpu: TypedParameter = { field: 'cpu.time', type: type.ullong, value: 2 ** 53 - 1 };
const negative: TypedParameter = { field: 'balloon.delta', type: type.llong, value: -5 };
const large: TypedParameter = { field: 'cpu.time', type: type.ullong, value: 2n ** 64n - 1n };
const smallest: TypedParameter = { field: 'low', type: type.llong, value: -(2n ** 63n) };
const notANumber: TypedParameter = { field: 'load', type: type.double, value: Number.NaN };
const yes: TypedParameter = { field: 'is.on', type: type.boolean, value: true };
const no: TypedParameter = { field: 'is.on', type: type.boolean, value: false };
const disk: TypedParameter = { field: 'block.0.name', type: type.string, value: 'vdä ☃' };
const nic: TypedParameter = { field: 'net.0.name', type: type.string, value: '' };
const same: TypedParameter = { field: 'cpu.time', type: type.int, value: 7 };
const named: TypedParameter = { field: 'größe', type: type.uint, value: 2 ** 32 - 1 };

describe('statistics of domains', () => {
  const replies: Readonly<Record<string, readonly (readonly TypedParameter[])[]>> = {
    none: [],
    'records without parameters': [[], []],
    'records that look alike': [
      [cpu, disk],
      [
        { ...cpu, value: 4 },
        { ...disk, value: 'vdb' },
      ],
    ],
    'records that begin alike': [[cpu, disk, yes], [cpu], [cpu, disk], [cpu, negative, yes], []],
    'one name of two types': [[cpu], [same], [cpu], [same]],
    'a name that comes twice': [[cpu, same, no]],
    'every kind of value': [
      [cpu, negative, large, smallest, notANumber, yes, no, disk, nic, named],
    ],
    'values too large for a number after others of the name': [
      [cpu, yes],
      [large, yes],
      [cpu, no],
    ],
    'names that are not ASCII, again and again': [[named], [named], [cpu, named], [cpu, named]],
  };
  for (const [what, records] of Object.entries(replies)) {
    it(`are read as they were written: ${what}`, () => {
      const written = records.map((params, id) => record(id, params));
      const read = decode(list, encode(list, written));
      assert.deepEqual(unpacked(read), written);
      assert.deepEqual(unpacked(decode(list, encode(list, read))), written);
    });

    it(`are found by name as in a plain list: ${what}`, () => {
      const read = decode(
        list,
        encode(
          list,
          records.map((params, id) => record(id, params)),
        ),
      );
      for (const [index, params] of records.entries()) {
        const packed = parameterValues(read[index]!.params);
        const plain = parameterValues(params);
        for (const { field } of [...records.flat(), { field: 'nothing' }]) {
          assert.deepEqual(packed(field), plain(field));
        }
        assert.equal(read[index]!.params.length, params.length);
      }
    });
  }

  it('of more figures than are reserved at a time do not run into each other', () => {
    const figures = (count: number, from: number): readonly TypedParameter[] =>
      Array.from({ length: count }, (_, index) => ({
        field: `vcpu.${index}.time`,
        type: type.ullong,
        value: from + index,
      }));
    const written = [3_000, 3_000, 1, 20_000, 2].map((count, id) =>
      record(id, figures(count, id * 100_000)),
    );
    assert.deepEqual(unpacked(decode(list, encode(list, written))), written);
  });

  it('with a byte where a character of the same number was before are not taken for it', () => {
    const bytes = encode(list, [record(0, [{ ...named, field: 'é' }]), record(1, [named])]);
    // The second record's name becomes one byte that is no UTF-8
    const name = Buffer.from('größe');
    const at = bytes.lastIndexOf(name);
    const shortened = Buffer.concat([
      bytes.subarray(0, at - 4),
      Buffer.of(0, 0, 0, 1, 0xe9, 0, 0, 0),
      bytes.subarray(at + 8),
    ]);
    const fields = decode(list, shortened).map(({ params }) => [...params][0]?.field);
    assert.deepEqual(fields, ['é', '\ufffd']);
  });

  it('of an unknown type are refused', () => {
    const bytes = encode(list, [record(0, [same])]);
    bytes.writeInt32BE(9, bytes.length - 8);
    assert.throws(() => decode(list, bytes), ProtocolError);
  });

  it('of more domains than the limit are refused', () => {
    const eleven = encode(
      domainStatsList(11),
      Array.from({ length: 11 }, (_, id) => record(id, [])),
    );
    assert.throws(() => decode(list, eleven), /exceeds its limit of 10/);
  });
});
