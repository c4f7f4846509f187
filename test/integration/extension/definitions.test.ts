import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/base/clock.ts';
import { Emitter } from '../../../src/base/event.ts';
import { Definitions, type DefinitionChange } from '../../../src/extension/files/definitions.ts';
import {
  formatDocumentPath,
  parseDocumentPath,
  type DefinitionPath,
} from '../../../src/extension/files/documentPath.ts';
import { HostGate } from '../../../src/extension/files/hostGate.ts';
import { readDefinition } from '../../../src/operations/definition.ts';
import { Inventory } from '../../../src/inventory/inventory.ts';
import type { HostSession } from '../../../src/inventory/hostSession.ts';
import { plainL10n } from '../../fakes/plainL10n.ts';
import { sharedGuest, sharedHost } from '../../tools/rig/sharedHost.ts';
import { createSession, domainNamed, until } from '../inventory/rigSession.ts';

describe('definitions of real VMs', function () {
  this.timeout(60_000);
  let inventory: Inventory;
  let session: HostSession;
  let definitions: Definitions;
  let changes: DefinitionChange[];
  const defined: string[] = [];

  before(async () => {
    await sharedGuest();
    session = createSession((await sharedHost()).socketPath);
    inventory = new Inventory(systemClock);
    inventory.add(session, { samplesInBackground: false });
    session.connect();
    await session.whenReady(AbortSignal.timeout(20_000));
    const gate = new HostGate({
      inventory,
      onDidReadSettings: new Emitter<void>().event,
      clock: systemClock,
      l10n: plainL10n,
    });
    definitions = new Definitions({
      inventory,
      gate,
      read: (from, uuid, which) => readDefinition(from, uuid, { which }),
      clock: systemClock,
      l10n: plainL10n,
    });
    changes = [];
    definitions.onDidChange((made) => changes.push(...made));
  });

  after(async () => {
    const host = await sharedHost();
    for (const uuid of defined) {
      await host.virsh('undefine', uuid);
    }
    definitions.dispose();
    inventory.dispose();
  });

  async function define(name: string): Promise<DefinitionPath> {
    const host = await sharedHost();
    const { uuid } = await host.defineGuest({ name, uuid: randomUUID() });
    defined.push(uuid);
    await until(session, `${name} is known`, () => session.snapshot.domains.get(uuid));
    return { kind: 'definition', host: session.name, uuid, view: 'inactive', name };
  }

  async function readText(path: string): Promise<string> {
    const parsed = parseDocumentPath(path);
    assert.ok(parsed?.kind === 'definition', path);
    const read = await definitions.read(parsed);
    return read.kind === 'found' ? Buffer.from(read.bytes).toString('utf8') : read.kind;
  }

  for (const name of [
    '100%',
    '50%2F',
    'a#b?c=d',
    'two words',
    `it's "so" & <so>`,
    'Zoë-🐧',
    '%',
    'x (running)',
    'a.xml',
  ]) {
    it(`are found by their path, whatever the name: ${name}`, async () => {
      const path = await define(name);
      assert.equal(session.snapshot.domains.get(path.uuid)?.name, name);
      const text = await readText(formatDocumentPath(path));
      assert.match(text, new RegExp(`<uuid>${path.uuid}</uuid>`));
    });
  }

  it('are found by an old name after a rename, and tell that they changed', async () => {
    const path = await define('before');
    assert.match(await readText(formatDocumentPath(path)), /<name>before<\/name>/);
    const watch = definitions.watch(path);
    await (await sharedHost()).mustVirsh('domrename', path.uuid, 'after the rename');
    await until(session, 'it is renamed', () =>
      changes.some(({ key, kind }) => key.uuid === path.uuid && kind === 'changed'),
    );
    assert.match(await readText(formatDocumentPath(path)), /<name>after the rename<\/name>/);
    watch.dispose();
  });

  it('are gone with the VM', async () => {
    const path = await define('short-lived');
    await readText(formatDocumentPath(path));
    const watch = definitions.watch(path);
    await (await sharedHost()).mustVirsh('undefine', path.uuid);
    await until(session, 'it is gone', () =>
      changes.some(({ key, kind }) => key.uuid === path.uuid && kind === 'deleted'),
    );
    assert.equal(await readText(formatDocumentPath(path)), 'absent');
    watch.dispose();
  });

  it('are two of a running VM, neither with its passwords', async () => {
    const { uuid, name } = domainNamed(session, 'shared')!;
    const path: DefinitionPath = { kind: 'definition', host: 'rig', uuid, view: 'live', name };
    const live = await readText(formatDocumentPath(path));
    const inactive = await readText(formatDocumentPath({ ...path, view: 'inactive' }));
    assert.match(live, /^<domain type='qemu' id='\d+'>/);
    assert.match(inactive, /^<domain type='qemu'>/);
    assert.doesNotMatch(live + inactive, /passwd=/);
  });
});
