import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { ActionRunner } from '../../../src/extension/actions/actionRunner.ts';
import { DefinitionTrash } from '../../../src/extension/actions/definitionTrash.ts';
import { Deletion } from '../../../src/extension/actions/deletion.ts';
import { describeVm } from '../../../src/extension/actions/describing.ts';
import { renameVm } from '../../../src/extension/actions/renaming.ts';
import { VmActivities } from '../../../src/extension/actions/vmActivities.ts';
import type { VmTarget } from '../../../src/extension/selection.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import { OperationLog } from '../../../src/operations/operationLog.ts';
import type { Guest } from '../../tools/rig/guest.ts';
import type { RigHost } from '../../tools/rig/rigHost.ts';
import { sharedHost } from '../../tools/rig/sharedHost.ts';
import { actionOf } from '../../unit/extension/actions/actionWorld.ts';
import { FakePrompter } from '../../unit/extension/actions/fakePrompter.ts';
import { plainL10n } from '../../unit/extension/plainL10n.ts';
import { openSession } from '../inventory/rigSession.ts';

describe('actions of the editor on a real host', function () {
  this.timeout(120_000);
  let rig: RigHost;
  let inventory: Inventory;
  let activities: VmActivities;
  let prompter: FakePrompter;
  let runner: ActionRunner;
  let deletion: Deletion;
  let folder: string;
  let host: string;

  before(async () => {
    rig = await sharedHost();
    folder = await mkdtemp(join(tmpdir(), 'vm-deck-trash-'));
  });

  beforeEach(async () => {
    const session = await openSession(rig.socketPath);
    host = session.name;
    inventory = new Inventory(systemClock);
    inventory.add(session, { samplesInBackground: false });
    activities = new VmActivities(inventory);
    prompter = new FakePrompter();
    const common = { inventory, activities, prompter, clock: systemClock, l10n: plainL10n };
    const nothing = (): void => undefined;
    runner = new ActionRunner({
      ...common,
      operations: new OperationLog({ clock: systemClock, log: silentLog }),
      isViewVisible: () => true,
      showHosts: nothing,
      showLog: nothing,
    });
    const trash = new DefinitionTrash(folder, systemClock);
    deletion = new Deletion({ ...common, runner, trash, log: silentLog, showLog: nothing });
  });

  afterEach(() => {
    activities.dispose();
    inventory.dispose();
  });

  after(() => rm(folder, { recursive: true }));

  async function defined(name: string): Promise<{ readonly guest: Guest; target: VmTarget }> {
    const guest = await rig.defineGuest({ name });
    const target = { host, uuid: guest.uuid };
    await inventory.session(host)!.refresh();
    return { guest, target };
  }

  async function virsh(...args: string[]): Promise<string> {
    return (await rig.mustVirsh(...args)).trim();
  }

  it('starts several, tells of the one that runs already, and forces them off when agreed', async () => {
    const first = await defined('act one');
    const second = await defined('act two');
    await runner.run(actionOf('start'), [first.target]);
    await runner.run(actionOf('start'), [first.target, second.target]);
    assert.equal(await virsh('domstate', second.guest.uuid), 'running');
    assert.equal(
      prompter.notifications.at(-1)?.message,
      '1 of 2 VMs were not started: act one: It is already running.',
    );
    await runner.run(actionOf('destroy'), [first.target, second.target]);
    assert.equal(await virsh('domstate', first.guest.uuid), 'running', 'nobody agreed');
    prompter.answers.push('Force Off');
    await runner.run(actionOf('destroy'), [first.target, second.target]);
    assert.equal(await virsh('domstate', first.guest.uuid), 'shut off');
    assert.equal(await virsh('domstate', second.guest.uuid), 'shut off');
    await virsh('undefine', first.guest.uuid);
    await virsh('undefine', second.guest.uuid);
  });

  it('renames a VM, and keeps the lines of its description', async () => {
    const { guest, target } = await defined('act old');
    const editing = { runner, inventory, prompter, l10n: plainL10n };
    prompter.texts.push('act "new" %20 ü');
    await renameVm(target, editing);
    assert.equal(await virsh('domname', guest.uuid), 'act "new" %20 ü');
    const { validate } = prompter.textQuestions[0]!;
    assert.match(validate('a/b') ?? '', /slash/);
    await virsh('desc', guest.uuid, '--config', 'one\ntwo');
    await describeVm(target, editing);
    assert.equal(prompter.textQuestions[1]?.value, 'one⏎two');
    assert.equal(await virsh('desc', guest.uuid), 'one\ntwo', 'left by Escape');
    prompter.texts.push('one⏎two⏎three');
    await describeVm(target, editing);
    assert.equal(await virsh('desc', guest.uuid), 'one\ntwo\nthree');
    await virsh('undefine', guest.uuid);
  });

  it('deletes a definition when agreed, keeps it in the trash, and brings it back as it was', async () => {
    const { guest, target } = await defined('act gone');
    await virsh('autostart', guest.uuid);
    await inventory.session(host)!.refresh();
    const before = await virsh('dumpxml', '--inactive', '--security-info', guest.uuid);
    await deletion.run([target]);
    assert.equal(await virsh('domname', guest.uuid), 'act gone', 'nobody agreed');
    prompter.answers.push('Delete Definition');
    await deletion.run([target]);
    assert.notEqual((await rig.virsh('domname', guest.uuid)).code, 0);
    const [file] = await readdir(folder);
    assert.ok((await readFile(join(folder, file!), 'utf8')).includes(before));
    const undo = prompter.notifications.at(-1)!;
    assert.equal(undo.message, 'The definition of act gone was deleted. Its disks are kept.');
    await undo.answer('Undo');
    // libvirt itself puts controllers in another order when it reads its own XML again
    const after = await virsh('dumpxml', '--inactive', '--security-info', guest.uuid);
    assert.deepEqual(after.split('\n').sort(), before.split('\n').sort());
    assert.match(await virsh('dominfo', guest.uuid), /Autostart: +enable/);
    await virsh('undefine', guest.uuid);
  });

  it('deletes one with a saved state only with the answer that says so', async () => {
    const { guest, target } = await defined('act saved');
    await runner.run(actionOf('start'), [target]);
    await runner.run(actionOf('managedSave'), [target]);
    assert.match(await virsh('dominfo', guest.uuid), /Managed save: +yes/);
    await deletion.run([target]);
    assert.deepEqual(prompter.questions[0]?.answers, ['Delete Saved State Too']);
    assert.match(await virsh('dominfo', guest.uuid), /Managed save: +yes/);
    prompter.answers.push('Delete Saved State Too');
    await deletion.run([target]);
    assert.notEqual((await rig.virsh('domname', guest.uuid)).code, 0);
  });
});
