import ssh2, { type AnyAuthMethod, type ParsedKey, type Prompt } from 'ssh2';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { TransportError, type TransportFailure } from '../../libvirt/errors.ts';
import { findIdentities, parsePublic, type Identities, type Identity } from './identities.ts';
import { kerberosMethod } from './kerberosTicket.ts';
import type { OpenKey } from './openKey.ts';
import { passwordSlot, type SecretMemory } from './secretMemory.ts';
import type { SshPrompts } from './sshPrompts.ts';
import type { SshTarget } from './sshTarget.ts';

export interface LoginOptions {
  readonly target: SshTarget;
  readonly clock: Clock;
  /** Who can be asked; undefined where nobody can, or shall be. */
  readonly prompts: SshPrompts | undefined;
  /** Told that an agent makes us wait, and asked for what is kept, even where nobody shall be asked anything. */
  readonly notices: Pick<SshPrompts, 'agentIsWaiting' | 'kept'> | undefined;
  readonly secrets: SecretMemory;
  readonly signal: AbortSignal;
  /** What OpenSSH could do instead; undefined where it cannot take over. */
  readonly openSsh:
    | {
        /** Tells whether the user has a Kerberos ticket. */
        readonly hasTicket: (signal: AbortSignal) => Promise<boolean>;
        /** Whether it can ask the person through us. */
        readonly canAsk: boolean;
      }
    | undefined;
}

/** An agent that takes longer than this may be waiting for a person. */
const patienceMs = 700;
const passphraseTries = 3;
type Wants = (TransportFailure & { readonly about: 'login' })['wants'];

/**
 * Decides what is tried next to be let in, in OpenSSH's order and with as few attempts. A key is offered by its public
 * half first; nobody is asked for a passphrase, and no agent to sign, before the server said that it wants the key.
 */
export class Login {
  readonly #options: LoginOptions;
  readonly #tried: string[] = [];
  #identities: Identities | undefined;
  #nextIdentity = 0;
  #hasAskedServer = false;
  /** Whether a ticket may let the user in where keys do not; undefined until it was looked for. */
  #mayUseTicket: boolean | undefined;
  /** The last key was accepted: if the server goes on, it wants something more. */
  #signed = false;
  #wantsMore = false;
  readonly #rounds = { password: 0, 'keyboard-interactive': 0 };
  #wants: Wants;
  #triedKept = false;
  /** How many things are waited for that are not the server. */
  #busy = 0;
  /** The person turned a question down: no other one is asked. */
  #isTurnedDown = false;
  /** What was offered last, for people. */
  #last = '';
  /** What is to be remembered if it lets us in. */
  #onSuccess: (() => void) | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
  }

  /** How we got in, or what was tried last. */
  get last(): string {
    return this.#last;
  }

  /** Whether a person, an agent or a file is waited for, and not the server. */
  get isBusy(): boolean {
    return this.#busy > 0;
  }

  /** Whether OpenSSH might get in where we did not. */
  get needsOpenSsh(): boolean {
    const { openSsh } = this.#options;
    return (
      openSsh !== undefined &&
      (this.#mayUseTicket === true || this.#identities?.needsOpenSsh === true)
    );
  }

  /** To be called when the server let us in. */
  succeeded(): void {
    this.#onSuccess?.();
  }

  /**
   * @param offered the methods the server names; null before it was asked
   * @returns what to try, or false if nothing is left
   */
  next(offered: readonly string[] | null): Promise<AnyAuthMethod | false> {
    return this.#busyWith(this.#next(offered));
  }

  async #busyWith<T>(work: Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work;
    } finally {
      this.#busy--;
    }
  }

  async #next(offered: readonly string[] | null): Promise<AnyAuthMethod | false> {
    const { user } = this.#options.target;
    if (this.#hasAskedServer) {
      this.#noteRefusal();
    } else {
      this.#hasAskedServer = true;
      this.#last = 'nothing asked for';
      return { type: 'none', username: user };
    }
    this.#mayUseTicket ??= await this.#findTicket(offered ?? []);
    for (const method of this.#order()) {
      if (this.#isTurnedDown) {
        return false;
      }
      // After a key was accepted, ssh2 does not tell which methods are left
      if (!this.#wantsMore && offered !== null && !offered.includes(method)) {
        continue;
      }
      const attempt = await this.#attempt(method);
      if (attempt) {
        return attempt;
      }
    }
    return false;
  }

  async #findTicket(offered: readonly string[]): Promise<boolean> {
    const { target, openSsh, signal } = this.#options;
    return (
      target.allowsKerberos &&
      offered.includes(kerberosMethod) &&
      ((await openSsh?.hasTicket(signal)) ?? false)
    );
  }

  /** Nobody is asked for what a ticket or a hardware key may do without: OpenSSH asks, should they not. */
  get #prompts(): SshPrompts | undefined {
    const { openSsh, prompts } = this.#options;
    return openSsh?.canAsk === true && this.needsOpenSsh ? undefined : prompts;
  }

  /** Why nobody let us in. @param tooMany the server hung up */
  failure({ tooMany }: { readonly tooMany: boolean }): TransportError {
    const { user, alias } = this.#options.target;
    const tried = [...this.#tried, ...(this.#identities?.skipped ?? [])];
    const advice = tooMany
      ? `The server hung up after ${this.#tried.length} attempts: name the one key it wants with IdentityFile and IdentitiesOnly yes in your SSH configuration, or with keyfile= in the URI.`
      : adviceFor(this.#wants, user);
    return new TransportError(
      'login',
      `${alias} did not let ${user} in. ${tried.length === 0 ? 'There was no key to try.' : `Tried: ${tried.join('; ')}.`} ${advice}`,
      { failure: { about: 'login', user, host: alias, tried, wants: this.#wants, tooMany } },
    );
  }

  #order(): readonly string[] {
    const order = this.#options.target.preferredAuthentications;
    return this.#wantsMore
      ? [...order.filter((method) => method !== 'publickey'), 'publickey']
      : order;
  }

  #noteRefusal(): void {
    if (this.#signed) {
      this.#tried.push(`${this.#last}: accepted, but the server wants more`);
      this.#signed = false;
      this.#wantsMore = true;
    } else {
      if (this.#last !== 'nothing asked for') {
        this.#tried.push(`${this.#last}: refused`);
      }
      this.#wantsMore = false;
      this.#onSuccess = undefined;
    }
  }

  async #attempt(method: string): Promise<AnyAuthMethod | undefined> {
    switch (method) {
      case 'publickey':
        return this.#offerKey();
      case 'password':
        return this.#offerPassword();
      case 'keyboard-interactive':
        return this.#offerAnswers();
      default:
        return undefined;
    }
  }

  async #offerKey(): Promise<AnyAuthMethod | undefined> {
    const { target, clock, signal } = this.#options;
    this.#identities ??= await findIdentities(target, clock, signal);
    for (;;) {
      const identity = this.#identities.usable[this.#nextIdentity++];
      if (!identity || this.#isTurnedDown) {
        return undefined;
      }
      this.#last = identity.what;
      const publicKey = identity.publicKey ?? (await this.#publicOfLocked(identity));
      if (publicKey) {
        const agent = new OneKeyAgent(publicKey, async (data, hash) => {
          const signature = await this.#busyWith(this.#sign(identity, publicKey, data, hash));
          this.#signed = signature !== undefined;
          return signature;
        });
        return { type: 'agent', username: target.user, agent };
      }
      this.#tried.push(`${identity.what}: needs its passphrase`);
    }
  }

  /** @returns undefined if it cannot be done; the server then is offered the next key */
  async #sign(
    identity: Identity,
    publicKey: ParsedKey,
    data: Buffer,
    hash: string | undefined,
  ): Promise<Buffer | undefined> {
    const { source } = identity;
    if (source.kind === 'file') {
      const key = await this.#openFile(identity);
      if (!key) {
        this.#last = `${identity.what}, whose passphrase was not given`;
        return undefined;
      }
      return key.sign(data, hash);
    }
    const { clock, target, signal, notices } = this.#options;
    const done = new AbortController();
    const timer = clock.after(patienceMs, () => {
      notices?.agentIsWaiting({
        host: target.alias,
        key: source.label,
        signal: AbortSignal.any([done.signal, signal]),
      });
    });
    try {
      return await source.agent.sign(publicKey, data, hash);
    } catch (error) {
      this.#last = `${identity.what}, which would not sign: ${messageOf(error)}`;
      return undefined;
    } finally {
      timer.dispose();
      done.abort();
    }
  }

  /** Of a file that does not show it otherwise. */
  async #publicOfLocked(identity: Identity): Promise<ParsedKey | undefined> {
    const key = await this.#openFile(identity);
    return key && parsePublic(key.publicKey);
  }

  /** The private key of a file; asks for its passphrase if need be. */
  async #openFile({ source }: Identity): Promise<OpenKey | undefined> {
    if (source.kind !== 'file') {
      return undefined;
    }
    const { notices, secrets, target, signal } = this.#options;
    const prompts = this.#prompts;
    const { file } = source;
    const known = file.key ?? secrets.openedKey(file.path);
    if (known) {
      return known;
    }
    const kept = await notices?.kept?.passphrase({ keyFile: file.path });
    const opened = kept === undefined ? undefined : await file.unlock(kept);
    if (opened) {
      secrets.keepKey(file.path, opened);
      return opened;
    }
    for (let tries = 0; tries < passphraseTries && prompts && !target.batchMode; tries++) {
      const question = { keyFile: file.path, host: target.alias, isWrong: tries > 0, signal };
      const passphrase = await prompts.passphrase(question);
      if (passphrase === undefined) {
        this.#isTurnedDown = true;
      }
      if (passphrase === undefined || passphrase === '') {
        break;
      }
      const key = await file.unlock(passphrase);
      if (key) {
        secrets.keepKey(file.path, key);
        return key;
      }
    }
    this.#wants = 'passphrase';
    return undefined;
  }

  async #offerPassword(): Promise<AnyAuthMethod | undefined> {
    const { notices, secrets, target, signal } = this.#options;
    const prompts = this.#prompts;
    const { user, alias } = target;
    const slot = passwordSlot(target);
    const remembered = secrets.answer(slot);
    if (remembered !== undefined) {
      secrets.forgetAnswer(slot);
      this.#last = 'the password given before';
      this.#onSuccess = () => {
        secrets.keepAnswer(slot, remembered);
      };
      return { type: 'password', username: user, password: remembered };
    }
    if (!this.#triedKept) {
      this.#triedKept = true;
      const kept = await notices?.kept?.password({ user, host: alias });
      if (kept !== undefined) {
        this.#last = 'the password that is kept';
        this.#onSuccess = () => {
          secrets.keepAnswer(slot, kept);
        };
        return { type: 'password', username: user, password: kept };
      }
    }
    if (!prompts || target.batchMode) {
      this.#wants ??= 'password';
      return undefined;
    }
    if (this.#rounds.password >= target.numberOfPasswordPrompts) {
      return undefined;
    }
    const isWrong = this.#rounds.password++ > 0;
    const password = await prompts.password({ user, host: alias, isWrong, signal });
    if (password === undefined) {
      this.#isTurnedDown = true;
      this.#wants = 'password';
      return undefined;
    }
    this.#last = 'a password';
    this.#onSuccess = () => {
      secrets.keepAnswer(slot, password);
    };
    return { type: 'password', username: user, password };
  }

  #offerAnswers(): AnyAuthMethod | undefined {
    const { secrets, target } = this.#options;
    const prompts = this.#prompts;
    const slot = `answer ${target.user}@${target.hostKeyName}`;
    const canAnswer = (prompts && !target.batchMode) ?? false;
    if (!canAnswer && secrets.answer(slot) === undefined) {
      this.#wants ??= 'answers';
      return undefined;
    }
    if (this.#rounds['keyboard-interactive']++ >= target.numberOfPasswordPrompts) {
      return undefined;
    }
    this.#last = 'answers to its questions';
    return {
      type: 'keyboard-interactive',
      username: target.user,
      prompt: (title, instructions, _language, questions, finish) => {
        this.#busyWith(this.#answer(slot, title, instructions, questions)).then(finish, () => {
          finish([]);
        });
      },
    };
  }

  async #answer(
    slot: string,
    title: string,
    instructions: string,
    questions: readonly Prompt[],
  ): Promise<string[]> {
    const { secrets, target, signal } = this.#options;
    const prompts = this.#prompts;
    const [only] = questions;
    const isOneSecret = questions.length === 1 && only?.echo !== true;
    const key = `${slot} ${only?.prompt ?? ''}`;
    const remembered = isOneSecret ? secrets.answer(key) : undefined;
    if (remembered !== undefined) {
      secrets.forgetAnswer(key);
      secrets.forgetAnswer(slot);
      this.#rememberAnswer(slot, key, remembered);
      return [remembered];
    }
    const answers = await prompts?.answers({
      host: target.alias,
      title,
      instructions,
      questions: questions.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true })),
      signal,
    });
    if (!answers) {
      this.#isTurnedDown = true;
      this.#wants = 'answers';
      return [];
    }
    // Several rounds are a password and a code, of which the code is good only once
    if (isOneSecret && this.#onSuccess === undefined) {
      this.#rememberAnswer(slot, key, answers[0] ?? '');
    } else {
      this.#onSuccess = () => undefined;
    }
    return [...answers];
  }

  #rememberAnswer(slot: string, key: string, answer: string): void {
    this.#onSuccess = () => {
      this.#options.secrets.keepAnswer(key, answer);
      this.#options.secrets.keepAnswer(slot, 'kept');
    };
  }
}

function adviceFor(wants: Wants, user: string): string {
  switch (wants) {
    case 'passphrase':
      return 'Enter the passphrase of the key, or add the key to your SSH agent (ssh-add).';
    case 'password':
    case 'answers':
      return `Enter the password of ${user}, or have a key let in: ssh-copy-id.`;
    case undefined:
      return 'Have your public key added there (ssh-copy-id), or name another key or user in your SSH configuration.';
  }
}

/** What ssh2 takes for an agent with a single key. */
class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #key: ParsedKey;
  readonly #signer: (data: Buffer, hash: string | undefined) => Promise<Buffer | undefined>;

  constructor(
    key: ParsedKey,
    signer: (data: Buffer, hash: string | undefined) => Promise<Buffer | undefined>,
  ) {
    super();
    this.#key = key;
    this.#signer = signer;
  }

  override getIdentities(callback: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }

  override sign(
    _key: ParsedKey | Buffer | string,
    data: Buffer,
    options: unknown,
    callback?: (error: Error | undefined, signature?: Buffer) => void,
  ): void {
    const hash =
      typeof options === 'object' && options !== null && 'hash' in options
        ? (options.hash as string | undefined)
        : undefined;
    this.#signer(data, hash).then(
      (signature) => {
        callback?.(signature ? undefined : new Error('The key was not used.'), signature);
      },
      (error: unknown) => {
        callback?.(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
}
