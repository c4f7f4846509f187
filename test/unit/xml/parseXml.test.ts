import assert from 'node:assert/strict';
import { findElements, parseXml } from '../../../src/xml/parseXml.ts';

describe('xml/parseXml', () => {
  it('reads elements, attributes, entities and CDATA', () => {
    const root = parseXml(
      `<?xml version="1.0"?><!-- <tpm/> --><a x='1 &lt; 2'><b>t&amp;t</b><b><![CDATA[<tpm/>]]></b>!</a>`,
    );
    assert.equal(root.name, 'a');
    assert.deepEqual({ ...root.attributes }, { x: '1 < 2' });
    assert.equal(root.text, '!');
    assert.deepEqual(
      findElements(root, 'b').map(({ text }) => text),
      ['t&t', '<tpm/>'],
    );
  });

  it('follows a path through every branch, and only along it', () => {
    const root = parseXml(
      '<d><devices><tpm n="1"/></devices><devices><tpm n="2"/></devices><tpm/></d>',
    );
    assert.deepEqual(
      findElements(root, 'devices', 'tpm').map(({ attributes }) => attributes['n']),
      ['1', '2'],
    );
    assert.deepEqual(findElements(root, 'devices', 'disk'), []);
  });

  for (const broken of ['', 'text', '<a>', '<a></b>', '<a>&nbsp;</a>', '<a/><b/>']) {
    it(`refuses ${JSON.stringify(broken)}`, () => {
      assert.throws(() => parseXml(broken), SyntaxError);
    });
  }
});
