import assert from 'node:assert/strict';
import { CancelledError, messageOf, toError } from '../../../src/base/errors.ts';
import { scopedLog, silentLog, type Log } from '../../../src/base/log.ts';

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

describe('scopedLog', () => {
  it('says whose line it is, on every level, and nests', () => {
    const lines: string[] = [];
    const log = Object.fromEntries(
      levels.map((level) => [level, (message: string) => lines.push(`${level} ${message}`)]),
    ) as unknown as Log;
    const scoped = scopedLog(scopedLog(log, 'host'), 'action');
    for (const level of levels) {
      scoped[level]('done');
      silentLog[level]('not seen');
    }
    assert.deepEqual(
      lines,
      levels.map((level) => `${level} [host] [action] done`),
    );
  });
});

describe('errors', () => {
  it('are made of whatever was thrown', () => {
    const error = new Error('known');
    assert.equal(toError(error), error);
    assert.equal(toError('text').message, 'text');
    assert.equal(messageOf(error), 'known');
    assert.equal(messageOf(17), '17');
    assert.equal(messageOf(undefined), 'undefined');
  });

  it('of cancelling say what was cancelled and keep the cause', () => {
    const cause = new Error('closed');
    const error = new CancelledError('Opening', { cause });
    assert.equal(error.message, 'Opening was cancelled.');
    assert.equal(error.name, 'CancelledError');
    assert.equal(error.cause, cause);
  });
});
