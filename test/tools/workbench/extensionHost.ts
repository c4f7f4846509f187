import * as fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const clockTicksPerSecond = 100;
const patienceMs = 60_000;

interface Process {
  readonly pid: number;
  readonly parent: number;
}

function allProcesses(): readonly Process[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), parent: Number(statOf(Number(name))[1]) }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}

/** The fields of /proc/PID/stat from the state on: the name before it may hold anything. */
function statOf(pid: number): readonly string[] {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function isExtensionHost(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=extensionHost');
  } catch {
    return false;
  }
}

function findBelow(root: number): number | undefined {
  const processes = allProcesses();
  const found = new Set([root]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of processes) {
      if (found.has(parent)) {
        found.add(pid);
      }
    }
  }
  return [...found].find(isExtensionHost);
}

/** The process that extensions run in, of the one workbench that this process has started: seen from outside. */
export class ExtensionHostProcess {
  readonly pid: number;

  private constructor(pid: number) {
    this.pid = pid;
  }

  static async find(): Promise<ExtensionHostProcess> {
    const end = performance.now() + patienceMs;
    for (;;) {
      const pid = findBelow(process.pid);
      if (pid !== undefined) {
        return new ExtensionHostProcess(pid);
      }
      if (performance.now() > end) {
        throw new Error('no extension host was started');
      }
      await delay(200);
    }
  }

  /** User and system time so far. */
  cpuSeconds(): number {
    const fields = statOf(this.pid);
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  /** What it takes of the machine's memory, its share of what it has in common with others. */
  memoryBytes(): number {
    const text = fs.readFileSync(`/proc/${this.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1_024;
  }

  /** Opens a debugger's connection to it, which costs it next to nothing until it is used. */
  async attach(): Promise<ProcessInspector> {
    process.kill(this.pid, 'SIGUSR1');
    const end = performance.now() + patienceMs;
    for (;;) {
      const url = await debuggerUrl(this.pid);
      if (url !== undefined) {
        return ProcessInspector.open(url);
      }
      if (performance.now() > end) {
        throw new Error(`process ${this.pid} opens no port for a debugger`);
      }
      await delay(100);
    }
  }
}

/** The debugger's address among the ports that the process listens on. */
async function debuggerUrl(pid: number): Promise<string | undefined> {
  for (const port of listeningPorts(pid)) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [target] = (await answer.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
      if (target) {
        return target.webSocketDebuggerUrl;
      }
    } catch {
      // a port for something else
    }
  }
  return undefined;
}

function listeningPorts(pid: number): readonly number[] {
  const sockets = new Set(
    fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  const listening = '0A';
  return fs
    .readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening && sockets.has(fields[9] ?? ''))
    .map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A connection of the DevTools protocol to a Node process. */
export class ProcessInspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id !== undefined) {
        this.#waiting.get(reply.id)?.(reply);
        this.#waiting.delete(reply.id);
      }
    });
  }

  static async open(url: string): Promise<ProcessInspector> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        resolve();
      });
      socket.addEventListener('error', () => {
        reject(new Error(`no connection to ${url}`));
      });
    });
    return new ProcessInspector(socket);
  }

  send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        if (error) {
          reject(new Error(`${method}: ${error.message}`));
        } else {
          resolve(result);
        }
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** The value of an expression in the process. */
  async evaluate<T>(expression: string): Promise<T> {
    const reply = (await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { readonly result: { readonly value: T }; readonly exceptionDetails?: object };
    if (reply.exceptionDetails) {
      throw new Error(JSON.stringify(reply.exceptionDetails));
    }
    return reply.result.value;
  }

  /** Bytes that are held after the garbage was collected: of the heap, and outside it. */
  async heldBytes(): Promise<number> {
    for (let turn = 0; turn < 3; turn++) {
      await this.send('HeapProfiler.collectGarbage');
      await delay(50);
    }
    return this.evaluate<number>(
      '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())',
    );
  }

  close(): void {
    this.#socket.close();
  }
}
