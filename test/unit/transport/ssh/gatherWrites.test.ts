import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { gatherWrites } from '../../../../src/transport/ssh/gatherWrites.ts';
import { settle } from '../../../fakes/fakeClock.ts';

describe('writes that are gathered', () => {
  it('of one turn go out together and in their order, those of the next by themselves', async () => {
    const sent: string[][] = [];
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        sent.push([chunk.toString()]);
        done();
      },
      writev: (chunks, done) => {
        sent.push(chunks.map(({ chunk }) => (chunk as Buffer).toString()));
        done();
      },
    });
    gatherWrites(socket);
    const written: string[] = [];
    for (const word of ['a', 'b', 'c']) {
      socket.write(word, () => {
        written.push(word);
      });
    }
    assert.deepEqual(sent, []);
    await settle();
    assert.deepEqual(sent, [['a', 'b', 'c']]);
    assert.deepEqual(written, ['a', 'b', 'c']);
    socket.write('d');
    await settle();
    socket.write('e');
    socket.end('f');
    await settle();
    assert.deepEqual(sent.slice(1), [['d'], ['e', 'f']]);
    assert.ok(socket.writableFinished);
  });
});
