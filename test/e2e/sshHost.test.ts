import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { mustRun } from '../tools/rig/command.ts';
import type { Guest } from '../tools/rig/guest.ts';
import { type RigHost, startRigHost } from '../tools/rig/rigHost.ts';
import { makeKey, type SshKey } from '../tools/rig/ssh/keys.ts';
import { SshAgent } from '../tools/rig/ssh/agent.ts';
import { startSlowAgent } from '../tools/rig/ssh/slowAgent.ts';
import { preparePam, setPassword, type Sshd, startSshd } from '../tools/rig/ssh/sshd.ts';
import type { StartedWorkbench } from '../tools/workbench/launchWorkbench.ts';
import { startWorkbench } from '../tools/workbench/startWorkbench.ts';

const passphrase = 'not to be seen anywhere';
const password = 'nor this one';

describe('a host over SSH', () => {
  let host: RigHost;
  let sshd: Sshd;
  /** Asks for a password. */
  let gate: Sshd;
  /** Wants a key and then the answer to a question. */
  let vault: Sshd;
  let agent: SshAgent;
  /** Whose key wants to be touched. */
  let slow: { stop(): void };
  let key: SshKey;
  let guest: Guest;
  let started: StartedWorkbench;

  before(async () => {
    host = await startRigHost({ name: 'far-away' });
    sshd = await startSshd(host);
    key = await makeKey(path.join(sshd.folder, 'id_ed25519'), { passphrase });
    sshd.authorize(host.member, key);
    await setPassword(host, host.member, password);
    gate = await startSshd(host, { config: { PasswordAuthentication: 'yes' } });
    await preparePam(host);
    vault = await startSshd(host, {
      config: {
        UsePAM: 'yes',
        KbdInteractiveAuthentication: 'yes',
        AuthenticationMethods: 'publickey,keyboard-interactive',
      },
    });
    const touched = await makeKey(path.join(sshd.folder, 'id_touched'));
    vault.authorize(host.member, touched);
    agent = await SshAgent.start(path.join(sshd.folder, 'agent'));
    await agent.add(touched.file);
    const slowSocket = path.join(sshd.folder, 'slow-agent');
    slow = await startSlowAgent(slowSocket, agent, 4_000);
    guest = await host.defineGuest({ name: 'web-01', memoryMiB: 96 });
    started = await startWorkbench({
      sshConfig: `Host lab
  HostName 127.0.0.1
  Port ${sshd.port}
  User ${host.member.name}
  IdentityFile ${key.file}
  IdentitiesOnly yes
Host gate
  HostName 127.0.0.1
  Port ${gate.port}
  User ${host.member.name}
  PubkeyAuthentication no
Host vault
  HostName 127.0.0.1
  Port ${vault.port}
  User ${host.member.name}
  IdentityAgent ${slowSocket}
`,
    });
  });

  after(async () => {
    await (started as StartedWorkbench | undefined)?.stop();
    (slow as typeof slow | undefined)?.stop();
    await (agent as SshAgent | undefined)?.stop();
    await host.stop();
  });

  it('is chosen from the SSH configuration and tried step by step, asking what only a person can say', async () => {
    const { ui, page } = started;
    await ui.runCommand('VM Deck: Add Host…');
    await ui.quickItems().filter({ hasText: 'qemu+ssh://lab/system' }).waitFor();
    await ui.screenshot('ssh-add-host');
    await ui.pickQuickItem('lab');
    await ui.quickInputMessage().filter({ hasText: 'What you call' }).waitFor();
    await ui.answerQuickInput('lab');
    await ui.dialog('Is this really lab?').filter({ hasText: 'SHA256:' }).waitFor();
    await ui.screenshot('ssh-host-key');
    await ui.clickDialog('Is this really lab?', 'Trust and Connect');
    await ui.quickInputMessage().filter({ hasText: 'The passphrase of' }).waitFor();
    await ui.quickInput().fill('wrong');
    await page.keyboard.press('Enter');
    await ui.quickInputMessage().filter({ hasText: 'does not open the key' }).waitFor();
    await ui.screenshot('ssh-passphrase');
    await ui.quickInput().fill(passphrase);
    await page.keyboard.press('Enter');
    // The form comes back, with a tick at every step
    await ui.quickItems().filter({ hasText: 'Read the VMs' }).waitFor();
    await ui.quickItems().filter({ hasText: /^Add$/ }).waitFor();
    await ui.screenshot('ssh-steps');
    await page.keyboard.press('Enter');
    await ui.rowDescription('lab').filter({ hasText: '0 of 1 running' }).waitFor();
    // Hashed, where the system's configuration says so
    const file = path.join(started.home, '.ssh', 'known_hosts');
    const found = await mustRun(['ssh-keygen', '-F', `[127.0.0.1]:${sshd.port}`, '-f', file]);
    assert.ok(found.includes(sshd.hostKeys[0]!.publicKey), found);
  });

  it('is reached as its tooltip says', async () => {
    const { ui, page } = started;
    const tip = page
      .locator('.monaco-hover')
      .filter({ hasText: 'SSH to' })
      .filter({ hasText: `${host.member.name}@127.0.0.1:${sshd.port}` });
    // A row that is drawn anew just then shows none to a pointer that rests
    for (let tries = 0; !(await tip.isVisible()); tries++) {
      assert.ok(tries < 40, 'there is no tooltip');
      await page.mouse.move(700, 600);
      await ui.row('lab').hover();
      await tip.waitFor({ timeout: 3_000 }).catch(() => undefined);
    }
    await ui.screenshot('ssh-tooltip');
  });

  it('its guest is started, its console opened, and shut down', async () => {
    const { ui, page } = started;
    await ui.openContextMenu('web-01');
    await ui.pickMenu('Start');
    await ui.rowIcon('web-01', 'vm-running').waitFor();
    assert.equal(await guest.state(), 'running');
    // What is typed while it boots is lost
    await guest.waitReady();
    await ui.clickInline('web-01', 'Open Serial Console');
    await ui.terminal().filter({ hasText: 'Serial console of web-01' }).waitFor();
    await page.keyboard.type('echo $((6 * 7))-there\n');
    await ui.terminal().filter({ hasText: '42-there' }).waitFor();
    await ui.screenshot('ssh-console');
    await ui.openContextMenu('web-01');
    await ui.pickMenu('Shut Down');
    await ui.rowDescription('web-01').filter({ hasText: /^off/ }).waitFor();
  });

  it('comes back by itself when the connection was cut, and asks nothing', async () => {
    const { ui } = started;
    if ((await guest.state()) === 'running') {
      await host.mustVirsh('destroy', guest.name);
    }
    const before = sshd.accepted;
    sshd.signal('SIGKILL');
    await assert.doesNotReject(async () => {
      for (let tries = 0; sshd.accepted === before; tries++) {
        assert.ok(tries < 200, 'it was not connected again');
        await started.page.waitForTimeout(100);
      }
    });
    await ui.rowDescription('lab').filter({ hasText: '0 of 1 running' }).waitFor();
    await guest.start();
    await ui.rowIcon('web-01', 'vm-running').waitFor();
    assert.equal(await ui.quickInput().isVisible(), false);
  });

  it('asks for a password, keeps it if the person says so, and forgets it when told to', async () => {
    const { ui, page } = started;
    await addAndTrust(ui, 'gate');
    await ui.quickInputMessage().filter({ hasText: 'The password of' }).waitFor();
    await ui.quickInput().fill('wrong');
    await page.keyboard.press('Enter');
    await ui.quickInputMessage().filter({ hasText: 'did not accept' }).waitFor();
    await ui.screenshot('ssh-password');
    await page.getByRole('button', { name: 'Keep it for the next time' }).click();
    await ui.quickInputMessage().filter({ hasText: 'It will be kept' }).waitFor();
    await ui.quickInput().fill(password);
    await page.keyboard.press('Enter');
    // The list may be too short for the last line, which is chosen all the same
    await page.getByPlaceholder('qemu+ssh://gate/system works').waitFor();
    await page.keyboard.press('Enter');
    await ui.rowDescription('gate').filter({ hasText: 'of 1 running' }).waitFor();
    const accepted = gate.accepted;
    await page.reload();
    await ui.openVmDeck();
    await ui.rowDescription('gate').filter({ hasText: 'of 1 running' }).waitFor();
    assert.ok(gate.accepted > accepted, 'by the password that was kept');
    await ui.runCommand('VM Deck: Forget Kept SSH Passwords…');
    await ui.clickDialog('Forget every SSH passphrase', 'Forget All');
    await ui.notification('1 forgotten.').waitFor();
  });

  it('refuses a key that is another than before, and shows where the old one stands', async () => {
    const { ui, page } = started;
    const file = path.join(started.home, '.ssh', 'known_hosts');
    await mustRun(['ssh-keygen', '-R', `[127.0.0.1]:${gate.port}`, '-f', file]);
    fs.appendFileSync(file, `[127.0.0.1]:${gate.port} ${sshd.hostKeys[0]!.publicKey}\n`);
    await ui.openContextMenu('gate');
    await ui.pickMenu('Disconnect');
    await ui.rowDescription('gate').filter({ hasText: 'not connected' }).waitFor();
    // The connection below stays for a while, for who connects again
    for (let tries = 0; openConnections(gate.port) > 0; tries++) {
      assert.ok(tries < 300, 'the connection stays');
      await page.waitForTimeout(100);
    }
    await ui.openContextMenu('gate');
    await ui.pickMenu('Connect');
    await ui.rowIcon('gate', 'error').waitFor();
    await ui.openContextMenu('gate');
    await ui.pickMenu('What Can I Do?');
    const dialog = ui.dialog('Somebody may be listening in.');
    await dialog.waitFor();
    await ui.screenshot('ssh-changed-key');
    assert.match((await dialog.textContent()) ?? '', /SHA256:[^]+SHA256:/, 'both fingerprints');
    await ui.clickDialog('Somebody may be listening in.', 'Open known_hosts');
    await ui.tab('known_hosts').waitFor();
    await page.keyboard.press('Escape');
  });

  it('says that a key wants to be touched, and asks what the server wants to know', async () => {
    const { ui, page } = started;
    await addAndTrust(ui, 'vault');
    const notice = ui.notification('Touch your security key');
    await notice.waitFor();
    await ui.screenshot('ssh-touch');
    await ui.quickInputMessage().filter({ hasText: 'Password:' }).waitFor();
    await notice.waitFor({ state: 'detached' });
    await ui.screenshot('ssh-question');
    await ui.quickInput().fill(password);
    await page.keyboard.press('Enter');
    await page.getByPlaceholder('qemu+ssh://vault/system works').waitFor();
    await page.keyboard.press('Enter');
    await ui.rowDescription('vault').filter({ hasText: 'of 1 running' }).waitFor();
  });

  it('told nobody the passphrase, nor the password', () => {
    const told = started.logs() + JSON.stringify(started.userSettings());
    assert.ok(!told.includes(passphrase));
    assert.ok(!told.includes(password));
  });
});

/** Chooses a host of the SSH configuration, by that name, up to what it asks of who logs in. */
async function addAndTrust(ui: StartedWorkbench['ui'], name: string): Promise<void> {
  await ui.runCommand('VM Deck: Add Host…');
  await ui.pickQuickItem(name);
  await ui.quickInputMessage().filter({ hasText: 'What you call' }).waitFor();
  await ui.answerQuickInput(name);
  await ui.clickDialog(`Is this really ${name}?`, 'Trust and Connect');
}

/** How many TCP connections to a port of this machine are open. */
function openConnections(port: number): number {
  const established = '01';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return fs
    .readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === established && local?.endsWith(suffix)).length;
}
