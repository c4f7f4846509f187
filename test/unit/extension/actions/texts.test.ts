import assert from 'node:assert/strict';
import { mapLimited } from '../../../../src/base/limit.ts';
import {
  deletionQuestion,
  type Deletable,
} from '../../../../src/extension/actions/deletionQuestion.ts';
import { fromLine, toLine } from '../../../../src/extension/actions/describing.ts';
import { shorten, summarize } from '../../../../src/extension/actions/summary.ts';
import { lifecycleRows } from '../../../../src/extension/actions/vmActionTable.ts';
import type { DeletionFacts } from '../../../../src/operations/deleteDefinition.ts';
import { plainL10n } from '../plainL10n.ts';

const start = lifecycleRows.find(({ action }) => action === 'start')!.words(plainL10n);

function deletable(name: string, facts: Partial<DeletionFacts> = {}, isRunning = false): Deletable {
  const none = { hasSavedState: false, snapshots: 0, checkpoints: 0, losesTpm: false };
  return { name, isRunning, facts: { ...none, ...facts } };
}

describe('what was not done, in one text', () => {
  const off = 'Its disk is gone.';

  it('is a sentence for one VM, and a count for many', () => {
    assert.equal(
      summarize([{ name: 'a', reason: off }], 1, start, plainL10n),
      'a was not started. Its disk is gone.',
    );
    assert.equal(
      summarize(
        [
          { name: 'a', reason: off },
          { name: 'b', reason: 'No.' },
          { name: 'c', reason: off },
        ],
        5,
        start,
        plainL10n,
      ),
      '3 of 5 VMs were not started: a, c: Its disk is gone. b: No.',
    );
  });

  it('leaves more than three reasons to the log', () => {
    const many = ['1.', '2.', '3.', '4.', '5.'].map((reason) => ({ name: `vm${reason}`, reason }));
    assert.match(summarize(many, 5, start, plainL10n), /3\. The log has 2 more reasons\.$/);
  });

  it('does not say "not done" of what may have been', () => {
    const lost = { name: 'a', reason: 'The connection was lost.', isUncertain: true };
    assert.equal(
      summarize([lost], 1, start, plainL10n),
      'It is not known what became of this: a: The connection was lost.',
    );
    assert.match(
      summarize([lost, { name: 'b', reason: off }], 2, start, plainL10n),
      /^1 of 2 VMs were not started: b: .* It is not known what became of this: a:/,
    );
  });

  it('is cut for a row', () => {
    assert.equal(shorten('It is\n off.'), 'It is off');
    const cut = shorten('x'.repeat(100));
    assert.equal(cut.length, 60);
    assert.ok(cut.endsWith('…'));
  });
});

describe('the question before a definition is deleted', () => {
  it('says what is kept and what goes on', () => {
    const question = deletionQuestion([deletable('a', {}, true)], plainL10n);
    assert.equal(question.message, 'Delete the definition of a?');
    assert.match(question.detail, /disks are kept.*NVRAM.*TPM/);
    assert.match(question.detail, /Runs on until it is off, and is gone then: a\./);
    assert.deepEqual([question.safe, question.answers], ['Keep Definition', ['Delete Definition']]);
    assert.equal(question.choicesOf('Delete Definition'), undefined);
  });

  it('makes the loss of a saved state an answer of its own', () => {
    const only = deletionQuestion([deletable('a', { hasSavedState: true })], plainL10n);
    assert.deepEqual(only.answers, ['Delete Saved State Too']);
    const mixed = deletionQuestion(
      [deletable('a'), deletable('b', { hasSavedState: true }), deletable('c', { snapshots: 2 })],
      plainL10n,
    );
    const both = 'Delete Saved State and Snapshot Records Too';
    assert.deepEqual(mixed.answers, ['Delete the Other 1', both]);
    assert.equal(mixed.choicesOf('Delete the Other 1'), undefined);
    assert.deepEqual(mixed.choicesOf(both), {
      removeSavedState: true,
      removeSnapshots: true,
      removeCheckpoints: true,
    });
    assert.match(mixed.detail, /• a\n• b\n• c/);
    assert.match(mixed.detail, /cannot be brought back once deleted: b\./);
    assert.match(mixed.detail, /snapshots.*: c\./);
  });
});

describe('a description in an input box', () => {
  it('keeps its lines', () => {
    assert.equal(toLine('one\ntwo\r\n\nfour'), 'one⏎two⏎⏎four');
    assert.equal(fromLine(toLine('one\n two\n\nfour\n')), 'one\n two\n\nfour\n');
  });
});

describe('mapLimited', () => {
  it('keeps the order and the limit, and begins in order', async () => {
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const results = await mapLimited([5, 1, 4, 2, 3], 2, async (item) => {
      begun.push(item);
      most = Math.max(most, ++running);
      for (let turn = 0; turn < item; turn++) {
        await Promise.resolve();
      }
      running--;
      return item * 10;
    });
    assert.deepEqual([results, begun, most], [[50, 10, 40, 20, 30], [5, 1, 4, 2, 3], 2]);
    assert.deepEqual(await mapLimited([], 2, () => Promise.reject(new Error('never'))), []);
  });
});
