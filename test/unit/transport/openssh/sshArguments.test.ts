import assert from 'node:assert/strict';
import type { SshTarget } from '../../../../src/transport/ssh/sshTarget.ts';
import { sshArguments } from '../../../../src/transport/openssh/sshArguments.ts';

function target(changes: Partial<SshTarget> = {}): SshTarget {
  return {
    alias: 'alpha',
    explicit: { user: undefined, port: undefined, keyFile: undefined, knownHostsFile: undefined },
    configFile: undefined,
    connectTimeoutMs: undefined,
    batchMode: false,
    ...changes,
  } as SshTarget;
}

const options = {
  controlPath: '/tmp/x/c',
  role: 'guest',
  isBatch: true,
  command: "sh -c 'true'",
} as const;

describe('the words for OpenSSH', () => {
  it('end in the host and the command, after all that could be an option', () => {
    const args = sshArguments(target(), options);
    assert.deepEqual(args.slice(-4), ['-T', '--', 'alpha', "sh -c 'true'"]);
    assert.ok(args.includes('ControlPath=/tmp/x/c'));
    assert.ok(args.includes('BatchMode=yes'));
  });

  it('say what the URI says, and leave the rest to the configuration', () => {
    const explicit = {
      user: 'me',
      port: 2222,
      keyFile: '/my key',
      knownHostsFile: '/known hosts',
    };
    const args = sshArguments(target({ explicit, configFile: '/my config' }), options);
    const text = args.join('|');
    for (const part of [
      '-F|/my config|-l|me|-p|2222|-i|/my key|',
      '|-o|IdentitiesOnly=yes|',
      '|-o|UserKnownHostsFile="/known hosts"|',
    ]) {
      assert.ok(text.includes(part), part);
    }
    assert.ok(!sshArguments(target(), options).some((word) => /^(-l|-p|-i|-F)$/.test(word)));
  });

  it('wait as long for a connection as the configuration says, if it does', () => {
    const has = (changes: Partial<SshTarget>): boolean =>
      sshArguments(target(changes), options).some((word) => word.startsWith('ConnectTimeout'));
    assert.ok(has({}));
    assert.ok(!has({ connectTimeoutMs: 60_000 }));
  });

  it('share a connection only where there is a place for its socket', () => {
    const alone = sshArguments(target(), {
      ...options,
      controlPath: undefined,
      role: 'holder',
    });
    assert.ok(alone.includes('ControlPath=none') && alone.includes('ControlMaster=no'));
    assert.ok(sshArguments(target(), { ...options, role: 'holder' }).includes('ControlMaster=yes'));
  });

  it('never hold a name that OpenSSH or a shell could read as something else', () => {
    for (const name of ['', '-oProxyCommand=id', 'a b', 'a;b', '$(id)', '`id`', "a'b", 'a\nb']) {
      const explicit = { ...target().explicit, user: name };
      for (const wrong of [target({ alias: name }), target({ explicit })]) {
        assert.throws(() => sshArguments(wrong, options), { kind: 'sshConfig' });
      }
    }
  });
});
