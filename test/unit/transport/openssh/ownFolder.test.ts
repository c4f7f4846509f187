import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../../src/base/clock.ts';
import { makeOwnFolder } from '../../../../src/transport/openssh/ownFolder.ts';

describe('the folder for the sockets of OpenSSH', () => {
  let parent: string;

  beforeEach(() => {
    parent = fs.mkdtempSync(path.join(os.tmpdir(), 'vmd-own-folder-'));
  });

  afterEach(() => {
    fs.rmSync(parent, { recursive: true, force: true });
  });

  /** A folder of a process, used last so many hours ago. */
  function leave(pid: number, hours: number): string {
    const folder = path.join(parent, `vm-deck-ssh-${pid}-${hours}`);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'c'), '');
    const at = Date.now() / 1_000 - hours * 3_600;
    fs.utimesSync(folder, at, at);
    return path.basename(folder);
  }

  it('is for us alone', async () => {
    const folder = await makeOwnFolder(parent, systemClock);
    assert.equal(fs.statSync(folder).mode & 0o777, 0o700);
  });

  it('of a process that is gone is removed after a day, and no other', async () => {
    const { pid: gone } = spawnSync('true');
    const left = leave(gone, 30);
    const others = [leave(gone, 2), leave(process.pid, 30), leave(1, 30)];
    fs.mkdirSync(path.join(parent, 'vm-deck-other'));
    const ours = path.basename(await makeOwnFolder(parent, systemClock));
    for (let round = 0; fs.existsSync(path.join(parent, left)) && round < 200; round++) {
      await delay(10);
    }
    assert.deepEqual(fs.readdirSync(parent).sort(), [...others, ours, 'vm-deck-other'].sort());
  });
});
