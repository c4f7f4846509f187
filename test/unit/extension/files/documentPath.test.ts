import assert from 'node:assert/strict';
import {
  formatDocumentPath,
  parseDocumentPath,
  type DefinitionPath,
} from '../../../../src/extension/files/documentPath.ts';

const uuid = '11111111-2222-3333-4444-555555555555';
const web: DefinitionPath = {
  kind: 'definition',
  host: 'lab-1',
  uuid,
  view: 'inactive',
  name: 'web-01',
};

describe('the path of a document', () => {
  it('names host, UUID and VM', () => {
    assert.equal(formatDocumentPath(web), `/lab-1/${uuid}/web-01.xml`);
    assert.equal(
      formatDocumentPath({ ...web, view: 'live' }),
      `/lab-1/${uuid}/running/web-01 (running).xml`,
    );
    assert.equal(
      formatDocumentPath({ kind: 'picture', host: 'lab-1', uuid, title: 'web-01 2026-11-24' }),
      `/lab-1/${uuid}/web-01 2026-11-24.png`,
    );
  });

  it('keeps names readable', () => {
    for (const name of [
      '100%',
      'a#b?c',
      'Zoë 🐧',
      `it's "quoted"`,
      ' padded ',
      'a.xml',
      'x (running)',
    ]) {
      const path = formatDocumentPath({ ...web, name });
      assert.equal(path.split('/').at(-1), `${name}.xml`);
      assert.deepEqual(parseDocumentPath(path), { ...web, name });
    }
  });

  it('encodes what would lead elsewhere', () => {
    const path = (host: string): string => formatDocumentPath({ ...web, host });
    assert.equal(path('a/b'), `/a%2Fb/${uuid}/web-01.xml`);
    assert.equal(path('..'), `/%2E%2E/${uuid}/web-01.xml`);
    assert.equal(path('a\\b\n'), `/a%5Cb%0A/${uuid}/web-01.xml`);
    assert.equal(path('50%2F'), `/50%252F/${uuid}/web-01.xml`);
  });

  it('tells the definition of a VM whose name looks like the running one of another from that', () => {
    const odd = formatDocumentPath({ ...web, name: 'web (running)' });
    const live = formatDocumentPath({ ...web, view: 'live', name: 'web' });
    assert.notEqual(odd, live);
    assert.deepEqual(parseDocumentPath(odd), { ...web, name: 'web (running)' });
    assert.deepEqual(parseDocumentPath(live), { ...web, view: 'live', name: 'web' });
  });

  it('knows the folders on the way', () => {
    const folder = { kind: 'folder', host: undefined, uuid: undefined, isLive: false };
    assert.deepEqual(parseDocumentPath('/'), folder);
    assert.deepEqual(parseDocumentPath('/lab-1'), { ...folder, host: 'lab-1' });
    assert.deepEqual(parseDocumentPath(`/lab-1/${uuid}`), { ...folder, host: 'lab-1', uuid });
    assert.deepEqual(parseDocumentPath(`/lab-1/${uuid}/running/`), {
      ...folder,
      host: 'lab-1',
      uuid,
      isLive: true,
    });
  });

  it('leads nowhere from what is none of ours', () => {
    for (const path of [
      'lab-1',
      '//x',
      '/lab-1/no-uuid/web-01.xml',
      `/lab-1/${uuid.toUpperCase().replace('1', 'A')}/web-01.xml`,
      `/lab-1/${uuid}/web-01.txt`,
      `/lab-1/${uuid}/other/web-01.xml`,
      `/lab-1/${uuid}/running/web-01.png`,
      `/lab-1/${uuid}/running/web-01.xml/more`,
    ]) {
      assert.equal(parseDocumentPath(path), undefined, path);
    }
  });
});
