import assert from 'node:assert/strict';
import { ProtocolError } from '../../../../src/libvirt/errors.ts';
import {
  remoteErrorCodec,
  typedParameter,
  typedParameters,
  typedParameterType,
  type TypedParameter,
} from '../../../../src/libvirt/protocol/types.ts';
import { decode, encode } from '../../../fakes/wire.ts';

describe('typed parameters', () => {
  const cases: readonly (readonly [TypedParameter, string])[] = [
    [{ field: 'a', type: typedParameterType.int, value: -2 }, '00000001fffffffe'],
    [{ field: 'a', type: typedParameterType.uint, value: 4_294_967_295 }, '00000002ffffffff'],
    [{ field: 'a', type: typedParameterType.llong, value: -1 }, '00000003ffffffffffffffff'],
    [
      { field: 'a', type: typedParameterType.llong, value: -(2n ** 63n) },
      '000000038000000000000000',
    ],
    [{ field: 'a', type: typedParameterType.ullong, value: 1 }, '000000040000000000000001'],
    [
      { field: 'a', type: typedParameterType.ullong, value: 2n ** 64n - 1n },
      '00000004ffffffffffffffff',
    ],
    [{ field: 'a', type: typedParameterType.double, value: 0.5 }, '000000053fe0000000000000'],
    [{ field: 'a', type: typedParameterType.boolean, value: true }, '0000000600000001'],
    [{ field: 'a', type: typedParameterType.boolean, value: false }, '0000000600000000'],
    [{ field: 'a', type: typedParameterType.string, value: 'vda' }, '000000070000000376646100'],
  ];
  for (const [parameter, hex] of cases) {
    it(`carry ${String(parameter.value)} as type ${parameter.type}`, () => {
      const bytes = encode(typedParameter, parameter);
      assert.equal(bytes.toString('hex'), `0000000161000000${hex}`);
      assert.deepEqual(decode(typedParameter, bytes), parameter);
    });
  }

  it('take any truth value but 0 for true, as C does', () => {
    const bytes = Buffer.from('00000001610000000000000600000005', 'hex');
    assert.equal(decode(typedParameter, bytes).value, true);
  });

  it('of an unknown type are refused', () => {
    for (const type of ['00000000', '00000008', 'ffffffff']) {
      const bytes = Buffer.from(`0000000161000000${type}00000000`, 'hex');
      assert.throws(() => decode(typedParameter, bytes), ProtocolError);
    }
  });

  const misfits: readonly TypedParameter[] = [
    { field: 'a', type: 0, value: 1 },
    { field: 'a', type: 8, value: 1 },
    { field: 'a', type: typedParameterType.int, value: 'one' },
    { field: 'a', type: typedParameterType.int, value: 1n },
    { field: 'a', type: typedParameterType.uint, value: -1 },
    { field: 'a', type: typedParameterType.llong, value: 1.5 },
    { field: 'a', type: typedParameterType.llong, value: 'many' },
    { field: 'a', type: typedParameterType.llong, value: true },
    { field: 'a', type: typedParameterType.llong, value: 2n ** 63n },
    { field: 'a', type: typedParameterType.ullong, value: -1 },
    { field: 'a', type: typedParameterType.ullong, value: NaN },
    { field: 'a', type: typedParameterType.double, value: '0.5' },
    { field: 'a', type: typedParameterType.boolean, value: 1 },
    { field: 'a', type: typedParameterType.string, value: 5 },
  ];
  for (const misfit of misfits) {
    it(`of type ${misfit.type} cannot be ${typeof misfit.value} ${String(misfit.value)}`, () => {
      assert.throws(() => encode(typedParameter, misfit), ProtocolError);
    });
  }

  it('come in lists with a limit', () => {
    const list = typedParameters(1);
    const parameter = { field: 'a', type: typedParameterType.int, value: 1 };
    assert.deepEqual(decode(list, encode(list, [parameter])), [parameter]);
    assert.throws(() => encode(list, [parameter, parameter]), ProtocolError);
  });
});

describe('the remote error', () => {
  it('has libvirt’s fields in libvirt’s order', () => {
    const error = {
      code: 42,
      domain: 10,
      message: 'no such VM',
      level: 2,
      dom: { name: 'web', uuid: new Uint8Array(16).fill(1), id: -1 },
      str1: 'a',
      str2: null,
      str3: null,
      int1: -1,
      int2: 7,
      net: { name: 'default', uuid: new Uint8Array(16) },
    };
    const bytes = encode(remoteErrorCodec, error);
    assert.equal(
      bytes.toString('hex'),
      '0000002a' +
        '0000000a' +
        '00000001' +
        '0000000a' +
        '6e6f207375636820564d0000' +
        '00000002' +
        '00000001' +
        '00000003' +
        '77656200' +
        '01'.repeat(16) +
        'ffffffff' +
        '00000001' +
        '00000001' +
        '61000000' +
        '00000000' +
        '00000000' +
        'ffffffff' +
        '00000007' +
        '00000001' +
        '00000007' +
        '64656661756c7400' +
        '00'.repeat(16),
    );
    assert.deepEqual(decode(remoteErrorCodec, bytes), error);
  });
});
