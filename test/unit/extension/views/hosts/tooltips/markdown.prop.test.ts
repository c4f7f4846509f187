import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  commandLink,
  literal,
} from '../../../../../../src/extension/views/hosts/tooltips/markdown.ts';

describe('text in Markdown', () => {
  it('has no character that means something and is not escaped, and loses none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = literal(text);
        assert.doesNotMatch(shown.replace(/\\[!-/:-@[-`{-~]/g, ''), /[!-/:-@[-`{-~\n\r]/);
        assert.equal(shown.replace(/\\(.)/gu, '$1'), text.replace(/[\s\p{Cc}]+/gu, ' '));
      }),
    );
  });

  it('has links that end where they are to end, with arguments as they were', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        (text, host) => {
          const link = commandLink(text, 'vmDeck.host.connect', { host });
          const [, query] = /\]\(command:vmDeck\.host\.connect\?([^()\s<>]*)\)$/.exec(link) ?? [];
          assert.deepEqual(JSON.parse(decodeURIComponent(query ?? '')), [{ host }]);
        },
      ),
    );
  });
});
