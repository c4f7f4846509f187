import assert from 'node:assert/strict';
import { readName } from '../../../../src/libvirt/xdr/names.ts';

function read(text: string): string {
  const bytes = Buffer.from(`..${text}..`);
  return readName(bytes, 2, bytes.length - 4);
}

describe('libvirt/xdr/names', () => {
  const names = [
    ['an ordinary one', 'block.0.rd.bytes'],
    ['none', ''],
    ['text beyond ASCII', 'größe.0'],
    ['one too long to keep', 'x'.repeat(200)],
  ] as const;
  for (const [what, name] of names) {
    it(`reads ${what} the same each time`, () => {
      assert.deepEqual([read(name), read(name), read(name)], [name, name, name]);
    });
  }

  it('tells apart more names than are kept', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `vcpu.${index}.time`);
    assert.deepEqual(many.map(read), many);
    assert.deepEqual(many.map(read), many);
  });

  it('does not take bytes that are not text for what they were read as', () => {
    const replaced = readName(Buffer.from([0xff, 0xfe]), 0, 2);
    assert.equal(replaced, '\ufffd\ufffd');
    assert.equal(readName(Buffer.from([0xfd, 0xfd]), 0, 2), replaced);
    assert.equal(readName(Buffer.from('ab'), 0, 2), 'ab');
  });
});
