import assert from 'node:assert/strict';
import { isBadEntry, readHostSettings } from '../../../../src/extension/hosts/hostSettings.ts';

function problemOf(value: unknown): string | undefined {
  const [entry] = readHostSettings({ lab: value });
  return entry && isBadEntry(entry) ? entry.problem : undefined;
}

describe('the hosts setting', () => {
  it('is read in its order, then by name as people count', () => {
    const uri = 'test:///default';
    const entries = readHostSettings({
      'lab-10': { uri },
      'lab-9': { uri },
      last: { uri, order: 2 },
      first: { uri, order: 1 },
    });
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['first', 'last', 'lab-9', 'lab-10'],
    );
  });

  it('connects and allows changes unless it says otherwise', () => {
    const [entry] = readHostSettings({ lab: { uri: 'qemu:///system' } });
    assert.ok(entry && !isBadEntry(entry));
    assert.equal(entry.autoConnect, true);
    assert.equal(entry.readOnly, false);
    assert.equal(entry.uri.driver, 'qemu');
  });

  it('names the SSH client, or leaves it to us', () => {
    const clientOf = (ssh?: unknown): unknown => {
      const [entry] = readHostSettings({ lab: { uri: 'qemu+ssh://lab/system', ssh } });
      assert.ok(entry);
      return isBadEntry(entry) ? entry.problem : entry.ssh;
    };
    assert.equal(clientOf(), undefined);
    assert.equal(clientOf('openssh'), 'openssh');
    assert.match(String(clientOf('putty')), /"ssh" is none of "auto", "ssh2" and "openssh"/);
  });

  it('keeps what cannot be used, and says what is wrong with it', () => {
    assert.equal(problemOf('qemu:///system'), 'It is not an object with "uri".');
    assert.equal(problemOf(null), 'It is not an object with "uri".');
    assert.equal(problemOf({}), '"uri" is missing.');
    assert.match(problemOf({ uri: 7 }) ?? '', /"uri" is missing or is no text/);
    assert.match(problemOf({ uri: 'qemu:///system', order: 'x' }) ?? '', /"order" is not a number/);
    assert.match(
      problemOf({ uri: 'qemu:///system', url: 1 }) ?? '',
      /"url" is not known here; known are uri/,
    );
    assert.match(problemOf({ uri: 'nonsense' }) ?? '', /is not a libvirt URI/);
    assert.equal(problemOf({ uri: 'qemu:///system' }), undefined);
  });

  it('keeps the place of what cannot be used', () => {
    const entries = readHostSettings({
      a: { uri: 'qemu:///system', order: 2 },
      b: { uri: 1, order: 1 },
    });
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['b', 'a'],
    );
  });

  it('is empty where nothing is set, and one bad entry where it is no object', () => {
    assert.deepEqual(readHostSettings(undefined), []);
    const entries = readHostSettings(['qemu:///system']);
    assert.equal(entries.length, 1);
    assert.ok(entries[0] && isBadEntry(entries[0]));
  });
});
