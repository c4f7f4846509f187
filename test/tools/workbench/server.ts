import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from '../freePort.ts';
import { mustRun } from '../rig/command.ts';
import { installedServer } from './installedServer.ts';
import type { Profile } from './profile.ts';

const leash = path.join(import.meta.dirname, 'leash.mjs');

/** A machine with much other work takes its time. */
const patienceMs = 120_000;

/** How a server is started. */
export interface ServerOptions {
  /** Asks whether folders are trusted, as VS Code does; without, all are. */
  readonly trust?: boolean;
  /** Lets the address name tests to run in the extension host: only for servers that live for those tests. */
  readonly testDriver?: boolean;
  /** Runs it as somebody who is neither root nor in libvirt's group; needs root. */
  readonly asStranger?: boolean;
  /** Lets the profile's folder be the user's home: for what is found there, such as `.ssh`; needs root. */
  readonly homeInProfile?: boolean;
}

/** A running code-server on the loopback device. */
export interface Server {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** What it printed. */
  readonly logFile: string;
  /** Settles when it has ended, whatever the reason. */
  readonly ended: Promise<void>;
  /** Ends it with all that it started. */
  stop(): Promise<void>;
}

/** Our environment without what an editor around us has put there, which would make the server talk to it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^VSCODE_|^ELECTRON_RUN_AS_NODE$|^CODE_SERVER_|^NODE_V8_COVERAGE$/.test(name),
  );
  return Object.fromEntries(kept);
}

const folders = (profile: Profile): string[] => [
  ...['--config', profile.config],
  ...['--user-data-dir', profile.userData, '--extensions-dir', profile.extensions],
];

/** Installs a packaged extension into a profile, over an older one. */
export async function installExtension(profile: Profile, vsix: string): Promise<void> {
  const { node, entry } = installedServer();
  await mustRun([node, entry, ...folders(profile), '--install-extension', vsix, '--force'], {
    timeoutMs: patienceMs,
  });
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

/** The user and group `nobody`, as numbers since their names differ between distributions. */
const nobody = '65534';

/**
 * Starts what follows as nobody, who may still read all files, since the server and the rig's folders may lie where only
 * root gets; to connect to a socket one must be allowed to write to it.
 */
const strangersPrefix = [
  ...['setpriv', '--reuid', nobody, '--regid', nobody, '--clear-groups'],
  ...['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'],
  // Else access(2) answers without the capability, and Node finds no module.
  ...['--securebits', '+no_setuid_fixup', '--'],
];

/** Starts what follows in a mount namespace in which our home is another folder, whoever asks and however. */
async function homePrefix(folder: string): Promise<readonly string[]> {
  const passwd = path.join(folder, 'passwd');
  const uid = String(process.getuid?.());
  const lines = (await fs.promises.readFile('/etc/passwd', 'utf8')).split('\n').map((line) => {
    const fields = line.split(':');
    return fields[2] === uid ? fields.with(5, folder).join(':') : line;
  });
  await fs.promises.writeFile(passwd, lines.join('\n'), { mode: 0o644 });
  const mount = 'mount --bind "$0" /etc/passwd && exec "$@"';
  return ['unshare', '--mount', '--', 'sh', '-c', mount, passwd];
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
}

/** Starts a code-server over a profile and resolves when it answers. */
export async function startServer(profile: Profile, options: ServerOptions = {}): Promise<Server> {
  const { node, entry } = installedServer();
  const port = await freePort();
  const logFile = path.join(profile.folder, 'server.log');
  const log = fs.openSync(logFile, 'a');
  const stranger = options.asStranger === true;
  if (stranger) {
    await mustRun(['chown', '-R', `${nobody}:${nobody}`, profile.folder]);
  }
  const home = options.homeInProfile === true;
  const prefix = [
    ...(home ? await homePrefix(profile.folder) : []),
    ...(stranger ? strangersPrefix : []),
  ];
  const child = spawn(
    process.execPath,
    [
      ...[leash, ...prefix, node, entry, ...folders(profile)],
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...['--disable-telemetry', '--disable-update-check', '--ignore-last-opened'],
      '--disable-getting-started-override',
      ...(options.trust === true ? [] : ['--disable-workspace-trust']),
      ...(options.testDriver === true ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ],
    {
      env: { ...cleanEnvironment(), ...(stranger || home ? { HOME: profile.folder } : {}) },
      stdio: ['pipe', log, log],
      // In a group of its own: the leash ends all of it.
      detached: true,
    },
  );
  fs.closeSync(log);
  const ended = endOf(child);
  const stop = async () => {
    child.stdin?.destroy();
    await ended;
  };
  const url = `http://127.0.0.1:${port}`;
  const limit = performance.now() + patienceMs;
  while (!(await isUp(url))) {
    const over = child.exitCode !== null || child.signalCode !== null;
    if (over || performance.now() > limit) {
      await stop();
      const said = fs.readFileSync(logFile, 'utf8').trim().slice(-2_000);
      throw new Error(`code-server ${over ? 'ended' : 'did not answer'}. It said:\n${said}`);
    }
    await delay(50);
  }
  return { url, port, logFile, ended, stop };
}
