import assert from 'node:assert/strict';
import { onAbort } from '../../../src/base/abort.ts';

describe('onAbort', () => {
  it('calls once when the signal is aborted', () => {
    const giveUp = new AbortController();
    let calls = 0;
    onAbort(giveUp.signal, () => calls++);
    giveUp.abort();
    giveUp.abort();
    assert.equal(calls, 1);
  });

  it('calls nothing once disposed', () => {
    const giveUp = new AbortController();
    let calls = 0;
    onAbort(giveUp.signal, () => calls++).dispose();
    giveUp.abort();
    assert.equal(calls, 0);
  });
});
