import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
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
    assert.match(comment, /^<!-- .*lab; started with the host -->$/);
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
});
