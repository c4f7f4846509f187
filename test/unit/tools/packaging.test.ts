import assert from 'node:assert/strict';
import { deflateRawSync } from 'node:zlib';

import { checkContents } from '../../tools/packaging/checkContents.ts';
import { zipEntries } from '../../tools/packaging/zipEntries.ts';

/** A zip archive as other programs write it: entries, their list, the end record. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    // A field that only some programs write.
    entry.writeUInt16LE(4, 30);
    entry.writeUInt32LE(at, 42);
    parts.push(head, Buffer.from(name), packed);
    list.push(entry, Buffer.from(name), Buffer.alloc(4));
    at += head.length + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...list, end]);
}

const sound = [
  ...['[Content_Types].xml', 'extension.vsixmanifest', 'extension/package.json'],
  ...['extension/package.nls.json', 'extension/dist/extension.cjs', 'extension/readme.md'],
  ...['extension/changelog.md', 'extension/LICENSE.txt', 'extension/media/vm-deck.svg'],
].map((name) => ({ name, bytes: 1 }));

describe('the package', () => {
  it('is listed with the sizes of its files', () => {
    assert.deepEqual(zipEntries(zip({ 'a.txt': 'one', 'b/c.txt': 'two and more' })), [
      { name: 'a.txt', bytes: 3 },
      { name: 'b/c.txt', bytes: 12 },
    ]);
  });

  it('is refused when it is no archive', () => {
    assert.throws(() => zipEntries(Buffer.from('something else, longer than an end record')));
  });

  it('has what it needs and nothing else', () => {
    assert.deepEqual(checkContents(sound, 2_000_000), []);
  });

  it('may not hold what nothing needs', () => {
    for (const name of [
      'extension/src/a.ts',
      'extension/dist/extension.cjs.map',
      'extension/.env',
    ]) {
      const [problem, ...others] = checkContents([...sound, { name, bytes: 1 }], 1);
      assert.ok(problem?.startsWith(`${name} is in the package`), name);
      assert.deepEqual(others, []);
    }
  });

  it('may not lack the bundle', () => {
    const rest = sound.filter(({ name }) => name !== 'extension/dist/extension.cjs');
    assert.deepEqual(checkContents(rest, 1), [
      'extension/dist/extension.cjs is not in the package',
    ]);
  });

  it('may not be larger than 2 MB', () => {
    assert.equal(checkContents(sound, 2_000_001).length, 1);
  });
});
