import assert from 'node:assert/strict';
import { findHostEntry } from '../../../../src/extension/hosts/findHostEntry.ts';

function lineOf(text: string, name: string): string | undefined {
  const at = findHostEntry(text, name);
  return at === undefined ? undefined : text.slice(at).split('\n')[0];
}

describe('the place of a host in a settings file', () => {
  const text = `{
    // "lab": not here
    "other": { "lab": { "uri": "no" }, "list": [{ "lab": 1 }] },
    "vmDeck.hosts": {
      "first": { "uri": "lab", /* "lab": */ "x": { "lab": 2 } },
      "lab": { "uri": "qemu:///system" },
      "a \\"b\\"": {},
    },
  }`;

  it('is its key below the setting, and no other of that name', () => {
    assert.equal(lineOf(text, 'lab'), '"lab": { "uri": "qemu:///system" },');
    assert.equal(lineOf(text, 'a "b"'), '"a \\"b\\"": {},');
  });

  it('is the setting where the host is not there', () => {
    assert.equal(lineOf(text, 'nobody'), '"vmDeck.hosts": {');
    assert.equal(lineOf('{ "vmDeck.hosts": [1] }', 'lab'), '"vmDeck.hosts": [1] }');
    assert.equal(lineOf('{}', 'lab'), undefined);
    assert.equal(lineOf('', 'lab'), undefined);
  });

  it('is found in a workspace file, and in one that is half-written', () => {
    assert.equal(lineOf('{"settings":{"vmDeck.hosts":{\n"lab":{}}}}', 'lab'), '"lab":{}}}}');
    assert.equal(lineOf('{"a": "open\n"vmDeck.hosts": {"x": tru\n"lab": ', 'lab'), '"lab": ');
    assert.equal(lineOf('{"vmDeck.hosts": {"lab": {} /* open', 'lab'), '"lab": {} /* open');
  });
});
