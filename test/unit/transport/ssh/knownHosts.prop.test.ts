import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  judgeHostKey,
  knownHostsLine,
  knownHostsName,
  matchesName,
  matchesWildcards,
  parseKnownHosts,
} from '../../../../src/transport/ssh/knownHosts.ts';

const key = (type = 'ssh-ed25519'): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  const body = randomBytes(32);
  return Buffer.concat([length, Buffer.from(type), Buffer.from([0, 0, 0, 32]), body]);
};
const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}$/);
const hostName = fc.array(label, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const port = fc.constantFrom(22, 2222, 1, 65_535);

describe('known_hosts, whatever is in it', () => {
  it('a line that was written is found again, under no other name, hashed or not', () => {
    fc.assert(
      fc.property(hostName, hostName, port, fc.boolean(), (host, other, at, hashed) => {
        const name = knownHostsName(host, at);
        const mine = key();
        const entries = parseKnownHosts(knownHostsLine(name, mine, { hashed }), 'f');
        assert.equal(judgeHostKey(entries, name, mine, ['ssh-ed25519']).kind, 'known');
        assert.equal(judgeHostKey(entries, name, key(), ['ssh-ed25519']).kind, 'changed');
        if (other !== host) {
          const elsewhere = knownHostsName(other, at);
          assert.equal(judgeHostKey(entries, elsewhere, mine, ['ssh-ed25519']).kind, 'unknown');
        }
      }),
    );
  });

  it('any text is read without a throw, and gives only keys that are whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        for (const entry of parseKnownHosts(text, 'f')) {
          assert.ok(entry.key.length >= entry.keyType.length + 4);
        }
      }),
    );
  });

  it('wildcards match as the same pattern does as a regular expression', () => {
    const pattern = fc.stringMatching(/^[ab*?]{0,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{0,10}$/), pattern, (text, wild) => {
        const regex = new RegExp(`^${wild.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(matchesWildcards(text, wild), regex.test(text));
      }),
    );
  });

  it('finds what ssh-keygen finds', function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'known-hosts-'));
    try {
      const file = join(folder, 'known_hosts');
      const names = fc.oneof(
        hostName,
        hostName.map((host) => `*.${host}`),
        hostName.map((host) => `!${host},*`),
        fc.tuple(hostName, port).map(([host, at]) => knownHostsName(host, at)),
        hostName.map((host) => knownHostsLine(host, key(), { hashed: true }).split(' ')[0]!),
      );
      const marker = fc.constantFrom('', '', '@revoked ', '@cert-authority ');
      const line = fc
        .tuple(marker, fc.array(names, { minLength: 1, maxLength: 3 }))
        .map(([mark, some]) => {
          const hashed = some.find((name) => name.startsWith('|'));
          return `${mark}${hashed ?? some.join(',')} ssh-ed25519 ${key().toString('base64')} note`;
        });
      fc.assert(
        fc.property(fc.array(line, { maxLength: 6 }), hostName, port, (lines, host, at) => {
          writeFileSync(file, `# comment\n${lines.join('\n')}\n`);
          const name = knownHostsName(host, at);
          const ours = parseKnownHosts(`# comment\n${lines.join('\n')}\n`, file)
            .filter((entry) => matchesName(entry, name))
            .map(({ line: number }) => number);
          assert.deepEqual(ours, linesFoundByKeygen(file, name), `${name} in\n${lines.join('\n')}`);
        }),
        { numRuns: 60 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function linesFoundByKeygen(file: string, name: string): readonly number[] {
  let output: string;
  try {
    output = execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' });
  } catch {
    return []; // exits with 1 where there is none
  }
  return [...output.matchAll(/^# Host .* found: line (\d+)/gm)].map(([, number]) => Number(number));
}
