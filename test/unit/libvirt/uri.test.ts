import assert from 'node:assert/strict';
import { TransportError } from '../../../src/libvirt/errors.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';

function mistake(text: string): string {
  try {
    parseHostUri(text);
  } catch (error) {
    assert.ok(error instanceof TransportError && error.kind === 'unsupported', String(error));
    return error.message;
  }
  throw new Error(`${text} was accepted`);
}

describe('a host URI', () => {
  it('of this machine: the daemon is told neither transport nor parameters', () => {
    assert.deepEqual(parseHostUri(' qemu+unix:///system?socket=/run/a%20b&mode=legacy '), {
      driver: 'qemu',
      transport: 'unix',
      user: undefined,
      host: undefined,
      port: undefined,
      path: '/system',
      parameters: { socket: '/run/a b', mode: 'legacy' },
      daemonUri: 'qemu:///system',
      text: 'qemu+unix:///system?socket=/run/a%20b&mode=legacy',
    });
    assert.equal(parseHostUri('test:///default').daemonUri, 'test:///default');
    assert.equal(parseHostUri('QEMU:///session').daemonUri, 'qemu:///session');
  });

  it('of another machine: user, host and port', () => {
    const { transport, user, host, port, daemonUri } = parseHostUri(
      'qemu+ssh://ann%40lab@[::1]:2222/system',
    );
    assert.deepEqual(
      [transport, user, host, port, daemonUri],
      ['ssh', 'ann@lab', '::1', 2_222, 'qemu:///system'],
    );
  });

  it('says what is wrong and what would be right', () => {
    assert.match(mistake('virt-manager'), /Examples: qemu:\/\/\/system/);
    assert.match(mistake('qemu://far.example/system'), /write qemu\+ssh:\/\/far\.example\/system/);
    assert.match(mistake('qemu+ssh:///system'), /names no host/);
    assert.match(mistake('qemu+unix://far.example/system'), /always on this machine/);
    assert.match(mistake('qemu+tcp://far.example/system'), /transport "tcp"/);
    assert.match(mistake('qemu+ssh://far.example:99999/system'), /between 1 and 65535/);
    assert.match(mistake('qemu+ssh://a:b:c/system'), /user@host:port/);
    assert.match(mistake('qemu:///system?sock=/a'), /"sock", which is not known. Known: socket/);
    assert.match(mistake('qemu:///system?mode=fast'), /Known: auto, legacy, direct/);
    assert.match(mistake('qemu:///system?socket=%zz'), /broken percent escape/);
  });
});
