import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatDocumentPath,
  parseDocumentPath,
  type DefinitionPath,
  type PicturePath,
} from '../../../../src/extension/files/documentPath.ts';

/** Names of people's making, with much of what means something in a path or a URI. */
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(...Array.from('/\\%.2fF#?& \'"()[]:äß🐧\0\n')), minLength: 1 }),
);

const definition: fc.Arbitrary<DefinitionPath> = fc.record({
  kind: fc.constant('definition'),
  host: name,
  uuid: fc.uuid(),
  view: fc.constantFrom('inactive', 'live'),
  name,
});
const picture: fc.Arbitrary<PicturePath> = fc.record({
  kind: fc.constant('picture'),
  host: name,
  uuid: fc.uuid(),
  title: name,
});

describe('the path of a document', () => {
  it('is read as it was written, whatever the names', () => {
    fc.assert(
      fc.property(fc.oneof(definition, picture), (document) => {
        assert.deepEqual({ ...parseDocumentPath(formatDocumentPath(document)) }, { ...document });
      }),
    );
  });

  it('stays the same where a path is resolved', () => {
    fc.assert(
      fc.property(definition, (document) => {
        const path = formatDocumentPath(document);
        const encoded = path.split('/').map(encodeURIComponent).join('/');
        assert.equal(decodeURIComponent(new URL(`libvirt:${encoded}`).pathname), path);
      }),
    );
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseDocumentPath(text);
        parseDocumentPath(`/host/11111111-2222-3333-4444-555555555555/${text}`);
      }),
    );
  });
});
