import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefinitionTrash } from '../../../../src/extension/actions/definitionTrash.ts';
import { FakeClock } from '../../../fakes/fakeClock.ts';

const web = {
  host: 'lab',
  uuid: '11111111-2222-3333-4444-555555555555',
  name: 'web---01',
  xml: '<domain type="kvm"><name>web---01</name></domain>\n',
  autostart: true,
};

describe('the trash of definitions', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vm-deck-trash-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('keeps the XML whole, for its owner only', async () => {
    const trash = new DefinitionTrash(join(folder, 'new', 'trash'), new FakeClock());
    const path = await trash.put(web);
    const text = await readFile(path, 'utf8');
    const [comment, ...xml] = text.split('\n');
    assert.equal(xml.join('\n'), web.xml);
    assert.ok(comment);
    assert.match(comment, /^<!-- Deleted by VM Deck: .*"host":"lab".* -->$/);
    assert.ok(!comment.slice(4, -3).includes('--'), 'no XML otherwise');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'new', 'trash'))).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(join(folder, 'new', 'trash')), [path.split('/').at(-1)]);
  });

  it('keeps the newest hundred, of all windows together', async () => {
    const clock = new FakeClock();
    const windows = [new DefinitionTrash(folder, clock), new DefinitionTrash(folder, clock)];
    const paths: string[] = [];
    for (let count = 0; count < 104; count++) {
      paths.push(await windows[count % 2]!.put({ ...web, xml: `<domain n="${count}"/>` }));
      await clock.advance(1);
    }
    const kept = (await readdir(folder)).map((name) => join(folder, name));
    assert.deepEqual(kept.sort(), paths.slice(4));
  });

  it('lists what was deleted, the last first, whatever else lies there', async () => {
    const clock = new FakeClock();
    const trash = new DefinitionTrash(folder, clock);
    await trash.put(web);
    const at = clock.now();
    await clock.advance(1_000);
    const other = { ...web, host: 'lab -- "2"\n', autostart: false, xml: '<domain>\n</domain>' };
    await trash.put(other);
    await writeFile(join(folder, '2.xml'), '<domain/>');
    await writeFile(join(folder, '3.xml'), '<!-- Deleted by VM Deck: {"host": -->\n<domain/>');
    assert.deepEqual(await trash.list(), [
      { ...other, deletedAt: at + 1_000 },
      { ...web, deletedAt: at },
    ]);
  });

  it('is empty before anything was deleted', async () => {
    assert.deepEqual(await new DefinitionTrash(join(folder, 'new'), new FakeClock()).list(), []);
  });
});
