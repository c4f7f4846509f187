import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';
import {
  farPlaces,
  lookCommand,
  parseLook,
  proxyCommand,
  waysFor,
} from '../../../../src/transport/ssh/farEnd.ts';
import { splitWords } from '../../../../src/transport/ssh/splitWords.ts';
import { whyNoSocket } from '../../../../src/transport/ssh/whyNoSocket.ts';
import { SshFolder } from './sshFolder.ts';

describe('the far end of an SSH connection', () => {
  let folder: SshFolder;
  beforeEach(() => {
    folder = new SshFolder();
  });
  afterEach(() => {
    folder.dispose();
  });

  const run = (command: string): string =>
    spawnSync('sh', ['-c', command], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder.home, XDG_RUNTIME_DIR: `${folder.home}/run` },
    }).stdout;

  it('is looked at by a command that any shell can pass on, noise or not', async () => {
    const name = "it's a $(touch x) `socket`";
    const socket = join(folder.home, name);
    const uri = parseHostUri(`qemu+ssh://lab/session?socket=${encodeURIComponent(socket)}`);
    const listening = createServer();
    await new Promise<void>((resolve) => listening.listen(socket, resolve));
    try {
      const command = `echo mark noise; ${lookCommand('MARK-1', uri)}; printf MARK-1`;
      const farEnd = parseLook(`motd\r\nno newline ${run(command)}`, 'MARK-1');
      assert.ok(farEnd);
      assert.equal(farEnd.environment.isRoot, process.getuid?.() === 0);
      assert.equal(farEnd.environment.home, folder.home);
      assert.equal(farEnd.environment.xdgRuntimeDir, `${folder.home}/run`);
      assert.equal(farEnd.sockets.get(socket), 'listening');
      assert.equal(farEnd.sockets.get(`${socket}-ro`), 'missing');
      assert.equal(farEnd.sockets.get(`${folder.home}/run/libvirt/libvirt-sock`), 'missing');
    } finally {
      await new Promise((resolve) => listening.close(resolve));
    }
  });

  it('a socket nobody listens on is silent', () => {
    const socket = join(folder.home, 'left-behind');
    // Whoever is killed leaves it behind
    const killed = spawnSync(process.execPath, [
      '-e',
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
      socket,
    ]);
    assert.equal(killed.signal, 'SIGKILL');
    chmodSync(socket, 0o777);
    const uri = parseHostUri(`qemu+ssh://lab/system?socket=${socket}`);
    assert.equal(parseLook(run(lookCommand('M', uri)), 'M')?.sockets.get(socket), 'silent');
  });

  it('what is cut off tells nothing', () => {
    const output = 'M uid 0\nM home /root\n';
    assert.equal(parseLook(output, 'M'), undefined);
    assert.ok(parseLook(`${output}M end .\n`, 'M'));
  });

  it("finds a person's own socket where their session has it, and the system's", () => {
    const session = parseHostUri('qemu+ssh://lab/session');
    const farEnd = parseLook('M uid 1000\nM runtime /run/user/1000\nM end .\n', 'M');
    assert.deepEqual(
      farPlaces(session, farEnd, 'me').map(({ socket }) => socket),
      ['/run/user/1000/libvirt/virtqemud-sock', '/run/user/1000/libvirt/libvirt-sock'],
    );
    const system = parseHostUri('qemu+ssh://lab/system');
    assert.equal(farPlaces(system, undefined, 'me')[1]?.readOnly, '/run/libvirt/libvirt-sock-ro');
  });

  it('ways go by what libvirt calls proxy, and by what worked before', () => {
    const ways = (query: string, remembered?: 'netcat'): readonly string[] =>
      waysFor(parseHostUri(`qemu+ssh://lab/system${query}`), remembered);
    assert.deepEqual(ways(''), ['forward', 'helper', 'netcat']);
    assert.deepEqual(ways('', 'netcat'), ['netcat', 'forward', 'helper']);
    assert.deepEqual(ways('?proxy=native'), ['helper']);
    assert.deepEqual(ways('?proxy=netcat'), ['netcat']);
    assert.deepEqual(ways('?socket=/x'), ['forward', 'netcat']);
    assert.deepEqual(ways('?socket=/x&proxy=native'), []);
  });

  it('runs the helper with the URI as one word', () => {
    const uri = parseHostUri('qemu+ssh://lab/system?mode=legacy');
    const command = proxyCommand('helper', 'M', uri, '/x', true);
    const shown = command.replaceAll('exec virt-ssh-helper', 'printf "[%s]"');
    assert.equal(run(shown), 'M\n[-r][qemu:///system?mode=legacy]');
  });

  it('says of each state of a socket what it means', () => {
    const kindFor = (lines: string, readOnly = false): string =>
      whyNoSocket({
        uri: parseHostUri('qemu+ssh://lab/system'),
        target: { alias: 'lab', user: 'me' },
        readOnly,
        paths: ['/run/libvirt/libvirt-sock'],
        farEnd: parseLook(lines, 'M'),
        tried: [],
      }).kind;
    assert.equal(kindFor(''), 'forbidden');
    const seen = (state: string): string =>
      `M socket:${state} /run/libvirt/libvirt-sock\nM end .\n`;
    assert.equal(kindFor(seen('listening')), 'forbidden');
    assert.equal(kindFor(seen('forbidden')), 'permission');
    assert.equal(kindFor(seen('forbidden'), true), 'permission');
    assert.equal(kindFor(seen('silent')), 'refused');
    assert.equal(kindFor(seen('missing')), 'absent');
  });
});

describe('splitting a command line', () => {
  it('as a shell would, or not at all', () => {
    assert.deepEqual(splitWords(`nc -X connect  'a b'"c d"\\ e ""`), [
      'nc',
      '-X',
      'connect',
      'a bc d e',
      '',
    ]);
    assert.deepEqual(splitWords('  '), []);
    for (const text of ['a | b', 'a $B', 'a "$B"', '~/x', "a 'b", 'a > b', 'a; b', 'a *']) {
      assert.equal(splitWords(text), undefined, text);
    }
  });

  it('agrees with sh', () => {
    for (const text of [`a 'b "c"' d`, `"a'b" c\\"d`, `x"y"'z'`, String.raw`"a\"b\\c\d"`]) {
      const shell = execFileSync('sh', ['-c', `for w in ${text}; do printf "%s\\n" "$w"; done`], {
        encoding: 'utf8',
      });
      assert.deepEqual(splitWords(text), shell.trimEnd().split('\n'), text);
    }
  });
});
