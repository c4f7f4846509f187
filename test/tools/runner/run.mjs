import { spawn } from 'node:child_process';

/** The process groups of what runs at the moment. */
const groups = new Set();

let interrupted = false;

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Everything in it has ended.
  }
}

/** How long what we run gets to clean up after itself when we are interrupted. */
const graceMs = 5_000;

/** What else has to be ended when we are interrupted. */
const closers = new Set();

/** Has something called, and waited for, when we are interrupted; returns what takes that back. */
export function atInterrupt(close) {
  closers.add(close);
  return () => closers.delete(close);
}

/** On Ctrl-C and the like, ends what runs, with all that it started, and then this process. */
export function endChildrenOnSignal() {
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => {
      if (interrupted) {
        return;
      }
      interrupted = true;
      const end = () => {
        for (const pid of groups) {
          signalGroup(pid, 'SIGKILL');
        }
        process.exit(128 + number);
      };
      for (const pid of groups) {
        signalGroup(pid, 'SIGTERM');
      }
      let closed = false;
      void Promise.allSettled([...closers].map((close) => close())).then(() => (closed = true));
      const wait = setInterval(() => {
        if (closed && groups.size === 0) {
          end();
        }
      }, 20);
      setTimeout(end, graceMs).ref();
      wait.ref();
    });
  }
}

/**
 * Runs a program in a process group of its own and resolves with its exit status and, when `capture` is set, with
 * what it printed; otherwise it prints where we print. After `limitMs` it is killed with all that it started.
 */
export function run(argv, { capture = false, env = {}, cwd, limitMs } = {}) {
  if (interrupted) {
    return new Promise(() => undefined);
  }
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', ...(capture ? ['pipe', 'pipe'] : ['inherit', 'inherit'])],
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    let late = false;
    const limit =
      limitMs &&
      setTimeout(() => {
        late = true;
        signalGroup(child.pid, 'SIGKILL');
      }, limitMs);
    const done = () => {
      clearTimeout(limit);
      groups.delete(child.pid);
    };
    if (child.pid !== undefined) {
      groups.add(child.pid);
    }
    child.once('error', (error) => {
      done();
      reject(error);
    });
    // What it left running, if anything, ends with it.
    child.once('exit', () => signalGroup(child.pid, 'SIGKILL'));
    child.once('close', (code) => {
      done();
      // We are about to end: whoever waits is not to go on to a next step.
      if (!interrupted) {
        resolve({ code: code ?? 1, output, late });
      }
    });
  });
}
