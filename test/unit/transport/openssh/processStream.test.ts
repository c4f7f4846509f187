import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ProcessStream } from '../../../../src/transport/openssh/processStream.ts';

describe('the input and output of a program as one stream', () => {
  it('carries megabytes both ways, and ends when the program does', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
    const stream = new ProcessStream(child.stdin, child.stdout, () => child.kill());
    const bytes = Buffer.alloc(3_000_000, 'abc');
    const all = buffer(stream);
    stream.end(bytes);
    assert.ok((await all).equals(bytes));
  });

  it('waits for a slow reader', () => {
    const output = new PassThrough();
    const stream = new ProcessStream(new PassThrough(), output, () => undefined);
    output.emit('data', Buffer.alloc(100_000));
    assert.ok(output.isPaused());
    assert.equal((stream.read() as Buffer).length, 100_000);
    assert.ok(!output.isPaused());
    stream.destroy();
  });

  it('takes writes that nobody reads any more, and kills the program when destroyed, once', async () => {
    let kills = 0;
    const input = new PassThrough();
    const stream = new ProcessStream(input, new PassThrough(), () => kills++);
    input.destroy();
    stream.write('lost');
    const cause = new Error('why');
    stream.destroy(cause);
    const [error] = (await once(stream, 'error')) as [Error];
    assert.equal(error, cause);
    assert.equal(kills, 1);
    assert.ok(input.destroyed);
  });
});
