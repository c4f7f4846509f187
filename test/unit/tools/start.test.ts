import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

import { demoHost } from '../../tools/start/demoHost.ts';
import { localHost } from '../../tools/start/localHost.ts';
import { offerHost } from '../../tools/start/offerHost.ts';
import { readVmNames } from '../../tools/start/readVmNames.ts';
import { openProfile, type Profile } from '../../tools/workbench/profile.ts';

describe('npm start', () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vmd-start-'));
  });

  afterEach(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  describe('finds this machine', () => {
    const environment = () => ({
      isRoot: false,
      home: folder,
      xdgRuntimeDir: path.join(folder, 'run'),
      xdgCacheHome: undefined,
      systemFolder: path.join(folder, 'system'),
    });
    let server: net.Server;

    async function listen(...parts: readonly string[]): Promise<void> {
      const socket = path.join(folder, ...parts);
      fs.mkdirSync(path.dirname(socket), { recursive: true });
      server = net.createServer((connection) => connection.destroy());
      await new Promise<void>((resolve) => {
        server.listen(socket, resolve);
      });
    }

    afterEach(() => {
      server.close();
    });

    for (const name of ['libvirt-sock', 'virtqemud-sock']) {
      it(`by the system's ${name}`, async () => {
        await listen('system', name);
        assert.equal((await localHost(environment()))?.uri, 'qemu:///system');
      });
    }

    it("by the user's own daemon", async () => {
      await listen('run', 'libvirt', 'libvirt-sock');
      const host = await localHost(environment());
      assert.deepEqual(host, { name: os.hostname(), uri: 'qemu:///session' });
    });

    it('not by a socket that nobody serves any more', async () => {
      await listen('other');
      fs.mkdirSync(path.join(folder, 'system'));
      fs.writeFileSync(path.join(folder, 'system', 'libvirt-sock'), '');
      assert.equal(await localHost(environment()), undefined);
    });
  });

  describe('reads the names of VMs, to wait for their rows', () => {
    it('of the simulated host', async () => {
      const names = await readVmNames(demoHost);
      assert.equal(names?.length, 24);
      assert.ok(names.includes('web-01'));
    });

    it('and gives up where no daemon is', async () => {
      const uri = `qemu:///system?socket=${path.join(folder, 'none')}`;
      assert.equal(await readVmNames({ name: 'none', uri }), undefined);
    });
  });

  describe('writes the host into the profile', () => {
    const host = { name: 'here', uri: 'qemu:///system' };
    const written = { here: { uri: 'qemu:///system', order: 1, autoConnect: true } };
    let profile: Profile;
    const settings = (): unknown => JSON.parse(fs.readFileSync(profile.settingsFile, 'utf8'));

    beforeEach(() => {
      profile = openProfile(folder);
    });

    it('of a new profile, with its first settings', () => {
      assert.equal(offerHost(profile, { a: 1 }, host), true);
      assert.deepEqual(settings(), { a: 1, 'vmDeck.hosts': written });
    });

    it('once libvirt is there, before the simulated host, and keeps what the person changed', () => {
      assert.equal(offerHost(profile, { a: 1 }, demoHost), true);
      const first = settings() as Record<string, unknown>;
      assert.deepEqual(first['vmDeck.hosts'], {
        [demoHost.name]: { uri: demoHost.uri, order: 1, autoConnect: true },
      });
      fs.writeFileSync(profile.settingsFile, JSON.stringify({ ...first, a: 2 }));
      assert.equal(offerHost(profile, { a: 1 }, host), true);
      assert.deepEqual(settings(), {
        a: 2,
        'vmDeck.hosts': {
          ...written,
          [demoHost.name]: { uri: demoHost.uri, order: 2, autoConnect: true },
        },
      });
    });

    it('not beside hosts of the person, and not when they removed what was offered', () => {
      offerHost(profile, {}, demoHost);
      const own = { 'vmDeck.hosts': { mine: { uri: 'qemu+ssh://lab/system' } } };
      fs.writeFileSync(profile.settingsFile, JSON.stringify(own));
      assert.equal(offerHost(profile, {}, host), false);
      assert.deepEqual(settings(), own);
    });

    it('not over the hosts that are there', () => {
      const own = { 'vmDeck.hosts': {} };
      fs.writeFileSync(profile.settingsFile, JSON.stringify(own));
      assert.equal(offerHost(profile, {}, host), false);
      assert.deepEqual(settings(), own);
    });

    it('not again after the person removed it', () => {
      offerHost(profile, {}, host);
      fs.writeFileSync(profile.settingsFile, '{}');
      assert.equal(offerHost(profile, {}, host), false);
      assert.deepEqual(settings(), {});
    });

    it('not into a file with comments, which would be lost', () => {
      fs.writeFileSync(profile.settingsFile, '// mine\n{}');
      assert.equal(offerHost(profile, {}, host), false);
      assert.equal(fs.readFileSync(profile.settingsFile, 'utf8'), '// mine\n{}');
    });
  });
});
