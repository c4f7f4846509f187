import type { DialStep } from '../../libvirt/dialer.ts';

/** A key of ours that was tried, or not. */
export interface TriedKey {
  /** The file it is from, or its comment if an agent has it. */
  readonly name: string;
  /** `SHA256:…`; undefined of a file that could not be read. */
  readonly fingerprint: string | undefined;
  readonly outcome: 'refused' | 'accepted' | 'unreadable';
  /** Why it could not be read, in OpenSSH's words. */
  readonly reason: string | undefined;
}

export interface OffendingEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** OpenSSH's short name, such as `ED25519`. */
  readonly keyType: string;
}

/**
 * What OpenSSH tells on its standard error at LogLevel DEBUG1, in which what the server or a program there prints may
 * be mixed. OpenSSH has one language and its lines have been the same for many years; there is no other way to know.
 */
export class SshLog {
  readonly #onStep: (step: DialStep, detail: string) => void;
  readonly #words: string[] = [];
  readonly #keys: TriedKey[] = [];
  readonly #told = new Set<DialStep>();
  #rest = '';
  #address = '';

  hostKey: { readonly type: string; readonly fingerprint: string } | undefined;
  offending: OffendingEntry | undefined;
  /** What the server would still take, as it said last. */
  methods: readonly string[] = [];
  /** The method by which we got in. */
  method: string | undefined;
  isReady = false;
  /** The server wants a signature for this key, and its agent has not yet made it. */
  signing: string | undefined;

  constructor(onStep: (step: DialStep, detail: string) => void) {
    this.#onStep = onStep;
  }

  /** What was said besides OpenSSH's own progress, at most the last 40 lines. */
  get words(): readonly string[] {
    return this.#words;
  }

  get keys(): readonly TriedKey[] {
    return this.#keys;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-10_000);
    for (const line of lines) {
      this.#read(line.replace(/\r$/, ''));
    }
  }

  /** Whether one of the lines matches. */
  has(pattern: RegExp): boolean {
    return this.#words.some((line) => pattern.test(line));
  }

  #read(line: string): void {
    const debug = /^debug1: (.*)$/.exec(line)?.[1];
    if (debug === undefined) {
      this.#hear(line);
    } else if (!this.isReady) {
      this.#follow(debug);
    }
  }

  #hear(line: string): void {
    const authenticated = /^Authenticated to (.*) using "([\w-]+)"\.$/.exec(line);
    if (authenticated && !this.isReady) {
      this.method = authenticated[2];
      this.signing = undefined;
      this.#tell('login', this.#describeLogin());
      return;
    }
    if (line === '' || /^(?:Transferred: sent|Bytes per second: sent|OpenSSH_\d)/.test(line)) {
      return;
    }
    const unreadable = /^Load key "(.+)": (.+)$/.exec(line);
    if (unreadable) {
      const [, name = '', reason] = unreadable;
      this.#keys.push({ name, fingerprint: undefined, outcome: 'unreadable', reason });
    }
    const offending = /^Offending (\S+) key in (.+):(\d+)$/.exec(line);
    if (offending) {
      const [, keyType = '', file = '', at] = offending;
      this.offending = { keyType, file, line: Number(at) };
    }
    this.#words.push(line);
    if (this.#words.length > 40) {
      this.#words.shift();
    }
  }

  #follow(line: string): void {
    for (const [pattern, read] of this.#readers) {
      const match = pattern.exec(line);
      if (match) {
        read(match[1] ?? '', match[2] ?? '');
        return;
      }
    }
  }

  readonly #readers: readonly (readonly [RegExp, (first: string, second: string) => void])[] = [
    [
      /^Connecting to \S+ \[(.+)\] port (\d+)/,
      (address, port) => (this.#address = `${address}:${port}`),
    ],
    [
      /^Connection established\./,
      () => {
        this.#tell('connect', this.#address);
      },
    ],
    [
      /^Remote protocol version/,
      () => {
        this.#tell('connect', 'through a proxy'); // unless told before
      },
    ],
    [
      /^Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/,
      (type, fingerprint) => (this.hostKey = { type, fingerprint }),
    ],
    [
      /^SSH2_MSG_NEWKEYS sent/,
      () => {
        if (this.hostKey) {
          this.#tell('hostKey', `${this.hostKey.type} ${this.hostKey.fingerprint}`);
        }
      },
    ],
    [
      /^Authentications that can continue: (.*)$/,
      (methods) => {
        this.methods = methods.split(',');
        this.signing = undefined;
      },
    ],
    [
      /^Offering public key: (.+) \S+ (SHA256:\S+)/,
      (name, fingerprint) =>
        this.#keys.push({ name, fingerprint, outcome: 'refused', reason: undefined }),
    ],
    [
      /^Server accepts key:/,
      () => {
        const key = this.#keys.pop();
        if (key) {
          this.#keys.push({ ...key, outcome: 'accepted' });
          this.signing = key.name;
        }
      },
    ],
    [/^Entering interactive session/, () => (this.isReady = true)],
  ];

  #describeLogin(): string {
    const key = this.#keys.at(-1);
    return this.method === 'publickey' && key
      ? `key ${key.name}${key.fingerprint === undefined ? '' : ` ${key.fingerprint}`}`
      : (this.method ?? '');
  }

  #tell(step: DialStep, detail: string): void {
    if (!this.#told.has(step)) {
      this.#told.add(step);
      this.#onStep(step, detail);
    }
  }
}
