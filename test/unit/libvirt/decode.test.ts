import assert from 'node:assert/strict';
import {
  decodeBody,
  decodeInSteps,
  decodeRemoteError,
  needsSteps,
} from '../../../src/libvirt/decode.ts';
import { LibvirtError, ProtocolError } from '../../../src/libvirt/errors.ts';
import {
  connectGetHostname,
  connectListAllDomains,
} from '../../../src/libvirt/protocol/connect.ts';
import { remoteErrorCodec } from '../../../src/libvirt/protocol/types.ts';
import { failureOf } from '../../fakes/connected.ts';
import { FakeClock, settle } from '../../fakes/fakeClock.ts';
import { encode } from '../../fakes/wire.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: -1 };
const codec = connectListAllDomains.ret;

function list(count: number): Buffer {
  const domains = Array.from({ length: count }, (_, id) => ({ ...dom, id }));
  return encode(codec, { domains, ret: count });
}

describe('decodeBody', () => {
  it('wants every byte to be used', () => {
    assert.deepEqual(decodeBody(codec, list(0)), { domains: [], ret: 0 });
    assert.throws(
      () => decodeBody(codec, Buffer.concat([list(0), Buffer.alloc(1)])),
      ProtocolError,
    );
  });
});

describe('decodeInSteps', () => {
  it('is for large bodies of layouts that can be large', () => {
    assert.equal(needsSteps(codec, list(10)), false);
    assert.equal(needsSteps(codec, list(4_000)), true);
    assert.equal(needsSteps(connectGetHostname.ret, Buffer.alloc(1_000_000)), false);
  });

  it('gives way whenever its time is over', async () => {
    const clock = new FakeClock();
    clock.msPerLook = 1;
    let turns = 0;
    const done: true[] = [];
    const reading = decodeInSteps(codec, list(4_000), clock).then((value) => {
      done.push(true);
      return value;
    });
    while (done.length === 0) {
      await settle(1);
      turns++;
    }
    assert.deepEqual(await reading, decodeBody(codec, list(4_000)));
    assert.ok(turns > 50, `${turns} turns`);
  });

  it('fails as reading at once does', async () => {
    const clock = new FakeClock();
    for (const body of [list(4_000).subarray(0, -1), Buffer.concat([list(4_000), list(1)])]) {
      assert.ok((await failureOf(decodeInSteps(codec, body, clock))) instanceof ProtocolError);
    }
  });

  it('reads layouts that cannot be large at once', async () => {
    const clock = new FakeClock();
    const { ret } = connectGetHostname;
    assert.deepEqual(await decodeInSteps(ret, encode(ret, { hostname: 'h' }), clock), {
      hostname: 'h',
    });
    assert.ok(
      (await failureOf(decodeInSteps(ret, Buffer.alloc(1), clock))) instanceof ProtocolError,
    );
  });
});

describe('decodeRemoteError', () => {
  const wire = {
    ...{ code: 55, domain: 10, message: 'domain is already running', level: 2, dom: null },
    ...{ str1: 'a', str2: null, str3: 'c', int1: -1, int2: -1, net: null },
  };

  it('keeps all that tells errors apart', () => {
    const error = decodeRemoteError(encode(remoteErrorCodec, wire), 'domainCreateWithFlags');
    assert.ok(error instanceof LibvirtError);
    assert.deepEqual(
      [error.code, error.domain, error.level, error.message, error.details, error.procedure],
      [55, 10, 2, 'domain is already running', ['a', 'c'], 'domainCreateWithFlags'],
    );
  });

  it('says so when libvirt sends no text', () => {
    const error = decodeRemoteError(encode(remoteErrorCodec, { ...wire, message: null }), 'x');
    assert.equal(error.message, 'libvirt gave no text for error 55.');
  });

  it('becomes a ProtocolError when it cannot be read', () => {
    const error = decodeRemoteError(Buffer.from('00', 'hex'), 'domainSuspend');
    assert.ok(error instanceof ProtocolError);
    assert.match(error.message, /domainSuspend/);
  });
});
