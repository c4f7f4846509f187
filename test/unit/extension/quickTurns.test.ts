import assert from 'node:assert/strict';
import { QuickTurns } from '../../../src/extension/quickTurns.ts';

describe('quick turns', () => {
  it('let questions follow each other, and tell when the last was answered', async () => {
    const turns = new QuickTurns();
    const seen: string[] = [];
    turns.onDidEnd(() => seen.push('end'));
    const ask = (name: string) => async (): Promise<string> => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      return name;
    };
    const answers = await Promise.all([turns.interrupt(ask('a')), turns.interrupt(ask('b'))]);
    assert.deepEqual(answers, ['a', 'b']);
    assert.deepEqual(seen, ['a begins', 'a ends', 'b begins', 'b ends', 'end']);
    assert.equal(turns.isInterrupted, false);
  });

  it('go on after a question that failed', async () => {
    const turns = new QuickTurns();
    await assert.rejects(
      turns.interrupt(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(turns.isInterrupted, false);
    assert.equal(await turns.interrupt(() => Promise.resolve(1)), 1);
  });
});
