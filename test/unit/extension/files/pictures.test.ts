import assert from 'node:assert/strict';
import { Pictures } from '../../../../src/extension/files/pictures.ts';

const vm = { host: 'lab', uuid: '11111111-2222-3333-4444-555555555555', name: 'web-01' };
const at = new Date(2026, 10, 24, 3, 4, 5).getTime();

describe('pictures', () => {
  it('are named after the VM and the local time, without what a file may not be named', () => {
    const pictures = new Pictures();
    const { path } = pictures.add(vm, new Uint8Array(3), at);
    assert.equal(path.title, 'web-01 2026-11-24 03-04-05');
    assert.equal(pictures.get({ ...path })?.bytes.length, 3);
  });

  it('of the same second have names of their own', () => {
    const pictures = new Pictures();
    const titles = [1, 2, 3].map(() => pictures.add(vm, new Uint8Array(1), at).path.title);
    assert.equal(new Set(titles).size, 3);
    assert.equal(titles[2], 'web-01 2026-11-24 03-04-05 (3)');
  });

  it('are forgotten, the oldest first, when they need too much memory; the last one never', () => {
    const pictures = new Pictures(100);
    const paths = [40, 40, 40].map((size) => pictures.add(vm, new Uint8Array(size), at).path);
    assert.equal(pictures.get(paths[0]!), undefined);
    assert.ok(pictures.get(paths[1]!));
    assert.equal(pictures.bytes, 80);
    const { path } = pictures.add(vm, new Uint8Array(500), at);
    assert.ok(pictures.get(path));
    assert.equal(pictures.bytes, 500);
    pictures.remove(path);
    pictures.remove(path);
    assert.equal(pictures.bytes, 0);
  });
});
