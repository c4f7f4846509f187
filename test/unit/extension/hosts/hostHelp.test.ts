import assert from 'node:assert/strict';
import { hostHelp } from '../../../../src/extension/hosts/hostHelp.ts';
import { readHostSettings, type HostEntry } from '../../../../src/extension/hosts/hostSettings.ts';
import type { HostFailureKind, HostStatus } from '../../../../src/model/host.ts';
import { plainL10n } from '../plainL10n.ts';

function entry(value: object): HostEntry {
  return readHostSettings({ lab: value })[0]!;
}

const lab = entry({ uri: 'qemu:///system' });

function failed(kind: HostFailureKind): HostStatus {
  return { state: 'needsAttention', kind, cause: 'The cause.' };
}

function kinds(host: HostEntry, status: HostStatus | undefined): readonly string[] | undefined {
  return hostHelp(host, status, plainL10n)?.actions.map(({ kind }) => kind);
}

describe('what can be done about a host', () => {
  it('nothing has to be while nothing is wrong', () => {
    assert.equal(kinds(lab, { state: 'connected' }), undefined);
    assert.equal(kinds(lab, { state: 'idle' }), undefined);
    assert.equal(kinds(lab, undefined), undefined);
  });

  it('without rights: join the group, or look only, unless that is what was refused', () => {
    const help = hostHelp(lab, failed('permission'), plainL10n);
    assert.match(help!.detail, /^The cause\.\n\n.*until you log in again/s);
    assert.match(help!.detail, /usermod -aG libvirt/);
    assert.deepEqual(help!.actions[0], {
      kind: 'copyCommand',
      command: 'sudo usermod -aG libvirt "$USER"',
    });
    assert.deepEqual(kinds(lab, failed('authentication')), [
      'copyCommand',
      'connectReadOnly',
      'tryAgain',
    ]);
    const lookOnly = entry({ uri: 'qemu:///system', readOnly: true });
    assert.deepEqual(kinds(lookOnly, failed('permission')), ['copyCommand', 'tryAgain']);
  });

  it('each kind of failure has a way out', () => {
    const expected: Readonly<Record<HostFailureKind, readonly string[]>> = {
      permission: ['copyCommand', 'connectReadOnly', 'tryAgain'],
      authentication: ['copyCommand', 'connectReadOnly', 'tryAgain'],
      absent: ['copyCommand', 'tryAgain', 'editHost'],
      refused: ['copyCommand', 'tryAgain', 'editHost'],
      timeout: ['tryAgain', 'disconnect', 'showLog'],
      closed: ['tryAgain', 'disconnect', 'showLog'],
      unreachable: ['tryAgain', 'disconnect', 'showLog'],
      hostKeyUnknown: ['showHostKey', 'editHost'],
      hostKeyChanged: ['openKnownHosts', 'tryAgain'],
      hostKeyRevoked: ['openKnownHosts', 'tryAgain'],
      login: ['tryAgain', 'openSshConfig', 'editHost'],
      forbidden: ['tryAgain', 'showLog'],
      sshConfig: ['openSshConfig', 'tryAgain', 'editHost'],
      notLibvirt: ['editHost', 'tryAgain'],
      unsupported: ['editHost', 'tryAgain'],
      driver: ['editHost', 'tryAgain'],
      libvirt: ['tryAgain', 'editHost', 'showLog'],
      internal: ['showLog', 'tryAgain'],
    };
    for (const [kind, actions] of Object.entries(expected)) {
      const status = failed(kind as HostFailureKind);
      assert.deepEqual(kinds(lab, status), actions, kind);
      assert.match(hostHelp(lab, status, plainL10n)!.detail, /^The cause\.\n\n./, kind);
    }
    assert.deepEqual(
      kinds(lab, { state: 'disconnected', kind: 'absent', cause: 'x', retryAt: 0 }),
      expected.absent,
    );
  });

  it('over SSH: the line of known_hosts that is in the way, and what the person could say', () => {
    const remote = entry({ uri: 'qemu+ssh://ada@lab-1/system' });
    const known = { file: '/home/ada/.ssh/known_hosts', line: 12, keyType: 'a', fingerprint: 'b' };
    const changed: HostStatus = {
      state: 'needsAttention',
      kind: 'hostKeyChanged',
      cause: 'The cause.',
      failure: {
        about: 'hostKey',
        host: 'lab-1',
        keyType: 'ssh-ed25519',
        fingerprint: 'SHA256:x',
        known: [known],
        file: undefined,
      },
    };
    assert.deepEqual(hostHelp(remote, changed, plainL10n)?.actions[0], {
      kind: 'openKnownHosts',
      file: known.file,
      line: 12,
    });
    for (const [wants, action] of [
      ['passphrase', 'enterPassphrase'],
      ['password', 'enterPassword'],
      ['answers', 'answerServer'],
      [undefined, 'tryAgain'],
    ] as const) {
      const failure = {
        about: 'login',
        user: 'ada',
        host: 'lab-1',
        tried: [],
        wants,
        tooMany: false,
      } as const;
      assert.equal(
        kinds(remote, { state: 'needsAttention', kind: 'login', cause: 'x', failure })?.[0],
        action,
      );
    }
    assert.match(hostHelp(remote, failed('permission'), plainL10n)!.detail, /to be run on lab-1:/);
  });

  it('a daemon that does not answer is waited for, or left', () => {
    assert.deepEqual(kinds(lab, { state: 'degraded', cause: 'x', since: 0 }), [
      'disconnect',
      'showLog',
    ]);
  });

  it('an entry that cannot be used is mended where it stands', () => {
    const help = hostHelp(entry({ uri: 'nonsense' }), undefined, plainL10n);
    assert.deepEqual(
      help?.actions.map(({ kind }) => kind),
      ['openEntry', 'editHost'],
    );
    assert.match(help.detail, /not a libvirt URI/);
  });
});
