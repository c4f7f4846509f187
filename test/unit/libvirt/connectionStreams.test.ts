import assert from 'node:assert/strict';
import { LibvirtError, ProtocolError, TransportError } from '../../../src/libvirt/errors.ts';
import { encodeFrame, messageStatus, messageType } from '../../../src/libvirt/frame.ts';
import { connectGetHostname } from '../../../src/libvirt/protocol/connect.ts';
import { domainOpenConsole, domainScreenshot } from '../../../src/libvirt/protocol/domain.ts';
import type { RpcStream } from '../../../src/libvirt/stream.ts';
import { createConnected, failureOf, type Connected } from '../../fakes/connected.ts';
import { settle } from '../../fakes/fakeClock.ts';
import type { FakeStream } from '../../fakes/fakeStream.ts';
import { Refusal } from '../../fakes/refusal.ts';
import { RawReply } from '../../fakes/servedCall.ts';

const dom = { name: 'web', uuid: new Uint8Array(16), id: 3 };
const consoleArgs = { dom, devName: null, flags: 1 };
const broken = new Refusal(38, 'cannot read from stream: Input/output error', { domain: 38 });

/** Opens a console, with hands on both ends of its stream. */
async function openConsole(
  connected: Connected,
): Promise<{ readonly stream: RpcStream; readonly far: FakeStream }> {
  const far: FakeStream[] = [];
  connected.daemon.handle(domainOpenConsole, (_args, call) => {
    far.push(call.stream);
  });
  const { stream } = await connected.connection.open(domainOpenConsole, consoleArgs);
  const [first] = far;
  assert.ok(first);
  return { stream, far: first };
}

async function readAll(stream: RpcStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

describe('Connection: streams', () => {
  it('carry bytes both ways, as a console does', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    far.onData = (bytes) => {
      far.write(`echo ${bytes.toString('utf8')}`);
    };
    const reader = stream[Symbol.asyncIterator]();
    await stream.write(Buffer.from('ls'));
    assert.equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), 'echo ls');
    await stream.write(Buffer.from('pwd'));
    assert.equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), 'echo pwd');
    assert.equal(far.text, 'lspwd');
  });

  it('end when the daemon has no more, and are confirmed', async () => {
    const { connection, daemon, server } = createConnected();
    let far: FakeStream | undefined;
    daemon.handle(domainScreenshot, (_args, call) => {
      far = call.stream;
      far.write('PNG');
      far.write('...');
      far.end();
      return { mime: 'image/png' };
    });
    const { ret, stream } = await connection.open(domainScreenshot, { dom, screen: 0, flags: 0 });
    assert.deepEqual(ret, { mime: 'image/png' });
    assert.equal(await readAll(stream), 'PNG...');
    await stream.finish();
    assert.equal(far?.isFinished, true);
    assert.equal(server.failure, undefined);
  });

  it('give data that arrived together with the reply', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(domainOpenConsole, (_args, { stream }) => {
      stream.write('login: ');
      stream.confirm();
    });
    const { stream } = await connection.open(domainOpenConsole, consoleArgs);
    assert.equal(await readAll(stream), 'login: ');
  });

  it('give data before its message is whole', async () => {
    const connected = createConnected();
    const { stream } = await openConsole(connected);
    const { program, number } = domainOpenConsole;
    const message = encodeFrame(
      {
        program,
        procedure: number,
        type: messageType.stream,
        serial: connected.server.calls.at(-1)?.serial ?? 0,
        status: messageStatus.continue,
      },
      Buffer.from('login: '),
    );
    const reader = stream[Symbol.asyncIterator]();
    for (const [from, to, text] of [
      [0, 30, 'lo'],
      [30, 35, 'gin: '],
    ] as const) {
      connected.server.sendRaw(message.subarray(from, to));
      assert.equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), text);
    }
  });

  it('fail when the daemon breaks them off, after what arrived before was read', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    far.write('half');
    far.fail(broken);
    await settle();
    const reader = stream[Symbol.asyncIterator]();
    assert.equal(Buffer.from((await reader.next()).value as Uint8Array).toString(), 'half');
    const error = await failureOf(reader.next());
    assert.ok(error instanceof LibvirtError);
    assert.equal(error.code, 38);
    assert.equal(await failureOf(stream.write(Buffer.from('x'))), error);
    assert.equal(await failureOf(stream.finish()), error);
    assert.equal(connected.connection.isClosed, false);
  });

  it('fail when broken off in the same chunk as the reply', async () => {
    const { connection, daemon } = createConnected();
    daemon.handle(domainOpenConsole, (_args, { stream }) => {
      stream.fail(broken);
    });
    const { stream } = await connection.open(domainOpenConsole, consoleArgs);
    assert.ok((await failureOf(readAll(stream))) instanceof LibvirtError);
  });

  it('wake a reader that waits when they break', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    const reading = failureOf(readAll(stream));
    await settle();
    far.fail(broken);
    assert.ok((await reading) instanceof LibvirtError);
  });

  it('are cut into messages that every daemon takes', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    const bytes = Buffer.alloc(600_000, 'abc');
    await stream.write(bytes);
    assert.deepEqual(
      far.received.map((chunk) => chunk.length),
      [262_120, 262_120, 75_760],
    );
    assert.deepEqual(Buffer.concat(far.received), bytes);
  });

  it('send nothing for nothing: an empty message would be their end', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    await stream.write(new Uint8Array());
    await settle();
    assert.deepEqual(far.received, []);
  });

  it('wait with writing until the transport takes it', async () => {
    const connected = createConnected({ highWaterMark: 16_384 });
    const { stream, far } = await openConsole(connected);
    connected.server.pauseReading();
    let isWritten = false;
    const writing = stream.write(Buffer.alloc(1_000_000)).then(() => (isWritten = true));
    await settle(20);
    assert.equal(isWritten, false);
    connected.server.resumeReading();
    await writing;
    await settle();
    assert.equal(Buffer.concat(far.received).length, 1_000_000);
  });
});

describe('Connection: the end of streams', () => {
  it('by us tells the daemon and fails readers', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    const reading = failureOf(readAll(stream));
    await settle();
    stream.abort();
    stream.abort();
    const error = await reading;
    assert.ok(error instanceof TransportError);
    assert.equal(error.kind, 'closed');
    await settle();
    assert.equal(far.isAborted, true);
    assert.equal(connected.connection.isClosed, false);
  });

  it('by us frees a write that the transport does not take', async () => {
    const connected = createConnected({ highWaterMark: 16_384 });
    const { stream } = await openConsole(connected);
    connected.server.pauseReading();
    const writing = failureOf(stream.write(Buffer.alloc(1_000_000)));
    await settle();
    stream.abort();
    assert.equal(((await writing) as TransportError).kind, 'closed');
  });

  it('by us is told to the daemon once', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    let finished = 0;
    far.onFinish = () => {
      finished++;
    };
    const both = [stream.finish(), stream.finish()];
    await settle();
    assert.equal(finished, 1);
    far.confirm();
    await Promise.all(both);
    await stream.finish();
    assert.equal(finished, 1);
  });

  it('leaves nothing to write to', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    far.confirm();
    await settle();
    const error = await failureOf(stream.write(Buffer.from('x')));
    assert.ok(error instanceof TransportError);
    assert.equal(error.kind, 'closed');
    await settle();
    assert.deepEqual(far.received, []);
    const second = await openConsole(connected);
    await second.stream.finish();
    assert.ok((await failureOf(second.stream.write(Buffer.from('x')))) instanceof TransportError);
  });

  it('of their data is kept when the connection breaks after it', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    far.write('all of it');
    far.end();
    await settle();
    connected.server.drop();
    await settle();
    assert.equal(await readAll(stream), 'all of it');
    assert.ok((await failureOf(stream.finish())) instanceof TransportError);
  });

  it('comes with the connection: readers, writers and those who finish fail', async () => {
    const connected = createConnected({ highWaterMark: 16_384 });
    const reading = await openConsole(connected);
    const finishing = await openConsole(connected);
    const writing = await openConsole(connected);
    const read = failureOf(readAll(reading.stream));
    finishing.far.onFinish = () => undefined;
    const finish = failureOf(finishing.stream.finish());
    await settle();
    connected.server.pauseReading();
    const write = failureOf(writing.stream.write(Buffer.alloc(1_000_000)));
    await settle();
    connected.connection.close();
    for (const error of await Promise.all([read, finish, write])) {
      assert.ok(error instanceof TransportError, String(error));
      assert.equal(error.kind, 'closed');
    }
  });

  it('comes at once for a stream that opens when nobody waits any more', async () => {
    const { connection, daemon, clock } = createConnected();
    const hold = daemon.hold(domainOpenConsole);
    let far: FakeStream | undefined;
    daemon.handle(domainOpenConsole, (_args, call) => {
      far = call.stream;
    });
    const late = failureOf(connection.open(domainOpenConsole, consoleArgs, { deadlineMs: 5 }));
    await clock.advance(5);
    await late;
    hold.release();
    await settle();
    assert.equal(far?.isAborted, true);
    assert.equal(connection.inFlight, 0);
    assert.equal(connection.isClosed, false);
  });

  it('comes at once for a stream whose reply cannot be read', async () => {
    const { connection, daemon } = createConnected();
    let far: FakeStream | undefined;
    daemon.handle(domainScreenshot, (_args, call) => {
      far = call.stream;
      return new RawReply(Buffer.from('00', 'hex'));
    });
    const args = { dom, screen: 0, flags: 0 };
    assert.ok((await failureOf(connection.open(domainScreenshot, args))) instanceof ProtocolError);
    await settle();
    assert.equal(far?.isAborted, true);
  });

  it('does not come about for a call that was refused', async () => {
    const { connection, daemon, server } = createConnected();
    daemon.handle(domainOpenConsole, () => {
      throw new Refusal(38, 'console is in use');
    });
    const error = await failureOf(connection.open(domainOpenConsole, consoleArgs));
    assert.ok(error instanceof LibvirtError);
    await settle();
    assert.equal(server.failure, undefined);
  });

  it('comes with a hole, which was not asked for', async () => {
    const connected = createConnected();
    const { stream } = await openConsole(connected);
    connected.server.sendFrame(
      {
        program: domainOpenConsole.program,
        procedure: domainOpenConsole.number,
        type: messageType.streamHole,
        serial: 1,
        status: messageStatus.continue,
      },
      Buffer.alloc(12),
    );
    assert.ok((await failureOf(readAll(stream))) instanceof ProtocolError);
    assert.equal(connected.connection.isClosed, false);
  });

  it('makes later messages for them ignored', async () => {
    const connected = createConnected();
    const { connection, daemon, server } = connected;
    const { stream, far } = await openConsole(connected);
    stream.abort();
    far.write('late');
    far.confirm();
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    assert.deepEqual(await connection.call(connectGetHostname, undefined), { hostname: 'h' });
    assert.equal(server.failure, undefined);
  });
});

describe('Connection: streams that are not read', () => {
  const size = 20 * 1024 * 1024;

  it('stop the transport, and let it go on when read', async () => {
    const connected = createConnected();
    const { stream, far } = await openConsole(connected);
    far.write(Buffer.alloc(size, 'x'));
    await settle(200);
    assert.ok(connected.server.bytesUnsent > 5 * 1024 * 1024, 'most waits at the daemon');
    assert.equal(connected.connection.isAlive, true);
    far.end();
    assert.equal((await readAll(stream)).length, size);
    assert.equal(connected.server.bytesUnsent, 0);
  });

  it('let the others wait, but not lose anything', async () => {
    const connected = createConnected();
    const { connection, daemon } = connected;
    const { far: flooding, stream: unread } = await openConsole(connected);
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    flooding.write(Buffer.alloc(size, 'x'));
    flooding.end();
    await settle(200);
    let isAnswered = false;
    const call = connection.call(connectGetHostname, undefined).then(() => (isAnswered = true));
    await settle(20);
    assert.equal(isAnswered, false);
    assert.equal((await readAll(unread)).length, size);
    await call;
  });

  it('let the transport go on when they are broken off', async () => {
    const connected = createConnected();
    const { connection, daemon } = connected;
    const { far, stream } = await openConsole(connected);
    far.write(Buffer.alloc(size, 'x'));
    await settle(200);
    stream.abort();
    daemon.handle(connectGetHostname, () => ({ hostname: 'h' }));
    assert.deepEqual(await connection.call(connectGetHostname, undefined), { hostname: 'h' });
  });

  it('keep the transport stopped although another is read', async () => {
    const connected = createConnected();
    const flooding = await openConsole(connected);
    const other = await openConsole(connected);
    const reading = readAll(other.stream);
    other.far.write('a');
    flooding.far.write(Buffer.alloc(9 * 1024 * 1024, 'x'));
    flooding.far.write(Buffer.alloc(9 * 1024 * 1024, 'x'));
    other.far.end();
    await settle(200);
    assert.ok(connected.server.bytesUnsent > 5 * 1024 * 1024, 'most waits at the daemon');
    flooding.stream.abort();
    assert.equal(await reading, 'a');
  });
});
