import { StringDecoder } from 'node:string_decoder';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { CancelledError, messageOf, toError } from '../../base/errors.ts';
import { Emitter } from '../../base/event.ts';
import type { Log } from '../../base/log.ts';
import type { HostChange } from '../../inventory/changes.ts';
import type { HostSession } from '../../inventory/hostSession.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { errorCode, LibvirtError } from '../../libvirt/errors.ts';
import type { RpcStream } from '../../libvirt/stream.ts';
import { isActive, type Domain } from '../../model/domain.ts';
import { isReachable } from '../../model/host.ts';
import type { ConsoleOptions } from '../../operations/console.ts';
import type { L10n } from '../l10n.ts';
import { describeConsoleEnd } from './describeConsoleEnd.ts';

/** What of a stream a console uses. */
export type ConsoleStream = Pick<RpcStream, 'write' | 'abort' | typeof Symbol.asyncIterator>;

export interface SerialConsoleOptions {
  readonly host: string;
  readonly uuid: string;
  readonly inventory: Pick<Inventory, 'session' | 'onDidChange'>;
  /** Opens the stream: `openConsole` of the operations. */
  readonly open: (
    session: HostSession,
    domain: Domain,
    options: ConsoleOptions,
  ) => Promise<ConsoleStream>;
  readonly clock: Clock;
  readonly log: Log;
  readonly l10n: L10n;
}

/** Of a terminal, in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

type State =
  | { readonly kind: 'new' }
  /** What is typed meanwhile is sent when it is open. */
  | { readonly kind: 'opening'; readonly abort: AbortController }
  | { readonly kind: 'open'; readonly stream: ConsoleStream }
  /** Enter connects again. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'closed' };

/** Ctrl+], by which one leaves `virsh console` as well. */
const leaveKey = '\x1d';
const bracketedPaste = '\x1b[200~';
/** A guest that floods its console must not flood the editor: this much at a time, then a pause. */
const maxBurstBytes = 64 * 1024;
const burstPauseMs = 16;
/** The stream ends before the event that says why. */
const causeMs = 700;
/** How often a console is tried that somebody else has open. */
const inUse = { attempts: 4, pauseMs: 300 };

/**
 * A VM's serial console for a terminal of the editor: what the guest writes, what the person types, and what has
 * become of the line between them. Has the members of a `vscode.Pseudoterminal`.
 */
export class SerialConsole implements Disposable {
  readonly #options: SerialConsoleOptions;
  readonly #write = new Emitter<string>();
  readonly #close = new Emitter<void>();
  readonly #inUse = new Emitter<string>();
  readonly #rename = new Emitter<string>();
  readonly #listening: Disposable;
  #state: State = { kind: 'new' };
  #typedAhead = '';
  #sending: Promise<void> = Promise.resolve();
  #size: TerminalSize | undefined;
  #wasRunning = false;

  readonly onDidWrite = this.#write.event;
  /** Fires when the person left. */
  readonly onDidClose = this.#close.event;
  /** Fires with the VM's name when somebody else has the console open; {@link takeOver} cuts them off. */
  readonly onDidFindInUse = this.#inUse.event;
  /** Fires with the terminal's new name when the VM was renamed. */
  readonly onDidChangeName = this.#rename.event;

  constructor(options: SerialConsoleOptions) {
    this.#options = options;
    this.#listening = options.inventory.onDidChange(({ host, changes }) => {
      if (host === options.host) {
        this.#follow(changes);
        this.#lookWhetherItRuns();
      }
    });
  }

  /** The terminal's; the line itself has none, so the guest does not know it. */
  get size(): TerminalSize | undefined {
    return this.#size;
  }

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** The terminal is there: what is written is seen from now on. */
  open(size: TerminalSize | undefined): void {
    this.#size = size;
    this.#connect(false);
  }

  setDimensions(size: TerminalSize): void {
    this.#size = size;
  }

  /** The person typed or pasted. */
  handleInput(text: string): void {
    const leavesAt = text.startsWith(bracketedPaste) ? -1 : text.indexOf(leaveKey);
    if (leavesAt >= 0) {
      this.#input(text.slice(0, leavesAt));
      this.close();
      this.#close.fire();
    } else {
      this.#input(text);
    }
  }

  /** Opens the console even if somebody else has it open, who is cut off. */
  takeOver(): void {
    if (this.#state.kind === 'ended') {
      this.#connect(true);
    }
  }

  /** The terminal is gone. */
  close(): void {
    const state = this.#state;
    this.#state = { kind: 'closed' };
    this.#listening.dispose();
    if (state.kind === 'opening') {
      state.abort.abort(new CancelledError('Opening the console'));
    }
    if (state.kind === 'open') {
      // What was typed last is on its way: it goes first
      void this.#sending.finally(() => {
        state.stream.abort();
      });
    }
  }

  dispose(): void {
    this.close();
    this.#write.dispose();
    this.#close.dispose();
    this.#inUse.dispose();
    this.#rename.dispose();
  }

  #input(text: string): void {
    const state = this.#state;
    switch (state.kind) {
      case 'open':
        this.#send(state.stream, text);
        return;
      case 'new':
      case 'opening':
        this.#typedAhead += text;
        return;
      case 'ended':
        if (text.includes('\r')) {
          this.#connect(false);
        }
        return;
      case 'closed':
        return;
    }
  }

  #send(stream: ConsoleStream, text: string): void {
    if (text !== '') {
      const bytes = Buffer.from(text, 'utf8');
      this.#sending = this.#sending
        .then(() => stream.write(bytes))
        .catch((error: unknown) => {
          // The reading side ends as well, and tells the person
          this.#options.log.debug(`what was typed could not be sent: ${messageOf(error)}`);
        });
    }
  }

  #connect(force: boolean): void {
    const abort = new AbortController();
    this.#state = { kind: 'opening', abort };
    this.#serve(abort.signal, force).catch((error: unknown) => {
      this.#options.log.error(`the console failed: ${messageOf(error)}`);
      this.#end(messageOf(error));
    });
  }

  /** Opens the console and serves it until its end. */
  async #serve(signal: AbortSignal, force: boolean): Promise<void> {
    const found = this.#find();
    if (typeof found === 'string') {
      this.#end(found);
      return;
    }
    const { session, domain } = found;
    let stream: ConsoleStream;
    try {
      stream = await this.#openPatiently(session, domain, force, signal);
    } catch (error) {
      this.#openFailed(domain, error);
      return;
    }
    if (this.#isClosed()) {
      stream.abort();
      return;
    }
    this.#state = { kind: 'open', stream };
    this.#say(
      this.#options.l10n.t(
        'Serial console of {0} on {1}. It shows nothing until the guest writes: press Enter. Ctrl+] leaves.',
        domain.name,
        session.name,
      ),
    );
    this.#send(stream, this.#typedAhead);
    this.#typedAhead = '';
    const error = await this.#read(stream);
    await sleep(this.#options.clock, causeMs);
    this.#end(
      describeConsoleEnd(this.#options.inventory.session(session.name), this.#options, error),
    );
  }

  /** libvirtd takes a moment to let go of a console that was just left, perhaps by ourselves. */
  async #openPatiently(
    session: HostSession,
    domain: Domain,
    force: boolean,
    signal: AbortSignal,
  ): Promise<ConsoleStream> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#options.open(session, domain, { force, signal });
      } catch (error) {
        if (!isInUse(error) || attempt === inUse.attempts) {
          throw error;
        }
        await sleep(this.#options.clock, inUse.pauseMs, signal);
      }
    }
  }

  /** Passes on what the guest writes until the stream ends. @returns what broke it, if anything did. */
  async #read(stream: ConsoleStream): Promise<Error | undefined> {
    const decoder = new StringDecoder('utf8');
    let burst = 0;
    try {
      for await (const chunk of stream) {
        for (let at = 0; at < chunk.length && !this.#isClosed(); at += maxBurstBytes) {
          const part = chunk.subarray(at, at + maxBurstBytes);
          this.#show(decoder.write(Buffer.from(part)));
          burst += part.length;
          if (burst >= maxBurstBytes) {
            burst = 0;
            await sleep(this.#options.clock, burstPauseMs);
          }
        }
      }
      return undefined;
    } catch (error) {
      return toError(error);
    } finally {
      this.#show(decoder.end());
    }
  }

  #openFailed(domain: Domain, error: unknown): void {
    const { l10n, log } = this.#options;
    log.warn(`the console of ${domain.name} was not opened: ${messageOf(error)}`);
    if (isInUse(error)) {
      this.#end(l10n.t('Somebody else has the console of {0} open.', domain.name));
      this.#inUse.fire(domain.name);
    } else {
      this.#end(l10n.t('The console could not be opened: {0}', messageOf(error)));
    }
  }

  #end(reason: string): void {
    if (this.#isClosed()) {
      return;
    }
    const { l10n } = this.#options;
    this.#state = { kind: 'ended' };
    this.#typedAhead = '';
    this.#wasRunning = typeof this.#find() !== 'string';
    this.#say(
      this.#wasRunning
        ? l10n.t('{0} Press Enter to connect again; Ctrl+] leaves.', reason)
        : l10n.t('{0} Ctrl+] leaves.', reason),
    );
  }

  /** Another name of the VM is another title. */
  #follow(changes: readonly HostChange[]): void {
    const { uuid, l10n } = this.#options;
    for (const change of changes) {
      if (
        change.kind === 'domainChanged' &&
        change.domain.uuid === uuid &&
        change.domain.name !== change.before.name
      ) {
        this.#rename.fire(consoleTitle(change.domain.name, l10n));
      }
    }
  }

  /** While there is no console, tells when there can be one again. */
  #lookWhetherItRuns(): void {
    const runs = typeof this.#find() !== 'string';
    if (this.#state.kind === 'ended' && runs && !this.#wasRunning) {
      this.#say(this.#options.l10n.t('It runs again. Press Enter to connect.'));
    }
    this.#wasRunning = runs;
  }

  /** The VM and its host, or why there can be no console now, in a sentence. */
  #find(): { readonly session: HostSession; readonly domain: Domain } | string {
    const { inventory, host, uuid } = this.#options;
    const session = inventory.session(host);
    const domain = session?.domain(uuid);
    return session && domain && isReachable(session.snapshot.status) && isActive(domain.state)
      ? { session, domain }
      : describeConsoleEnd(session, this.#options, undefined);
  }

  /** A line of ours between those of the guest, which may have left the cursor and the colours anywhere. */
  #say(text: string): void {
    this.#show(`\x1b[0m\r\n\x1b[2m${text}\x1b[0m\r\n`);
  }

  #show(text: string): void {
    if (text !== '' && !this.#isClosed()) {
      this.#write.fire(text);
    }
  }

  #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }
}

/** What the terminal with a VM's console is called. */
export function consoleTitle(name: string, l10n: L10n): string {
  return l10n.t('{0} serial console', name);
}

/** Of all that can go wrong with a console, libvirt calls only this one "operation failed". */
function isInUse(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === errorCode.operationFailed;
}
