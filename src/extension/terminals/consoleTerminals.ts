import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable.ts';
import { setContext } from '../contextKeys.ts';
import type { VmTarget } from '../selection.ts';
import { consoleTitle, type SerialConsole } from './serialConsole.ts';

interface OpenTerminal {
  readonly terminal: vscode.Terminal;
  readonly console: SerialConsole;
  readonly id: string;
}

/** The terminals of the editor that are serial consoles; a VM has one at most. */
export class ConsoleTerminals implements vscode.Disposable {
  readonly #create: (target: VmTarget) => SerialConsole;
  readonly #disposables = new DisposableStore();
  readonly #open: OpenTerminal[] = [];

  constructor(create: (target: VmTarget) => SerialConsole) {
    this.#create = create;
    this.#disposables.add(vscode.window.onDidChangeActiveTerminal(this.#activeChanged));
    this.#disposables.add(vscode.window.onDidCloseTerminal(this.#closed));
  }

  /** Shows a VM's console, in the terminal it has or in a new one. */
  show(target: VmTarget, name: string): void {
    const id = `${target.host}/${target.uuid}`;
    const open = this.#open.find((terminal) => terminal.id === id);
    if (open) {
      open.terminal.show();
      return;
    }
    const console = this.#create(target);
    const terminal = vscode.window.createTerminal({
      name: consoleTitle(name, vscode.l10n),
      iconPath: new vscode.ThemeIcon('vm-connect'),
      pty: console,
      // After a reload nothing would stand behind it
      isTransient: true,
    });
    console.onDidFindInUse((nameNow) => {
      void this.#offerTakeOver(console, nameNow);
    });
    this.#open.push({ terminal, console, id });
    terminal.show();
  }

  /** Types into the active console what makes its guest know the terminal's size. */
  sendSize(): void {
    const active = vscode.window.activeTerminal;
    const console = this.#open.find(({ terminal }) => terminal === active)?.console;
    if (!console?.isOpen || !console.size) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t('The active terminal is no serial console that is connected.'),
      );
      return;
    }
    const { rows, columns } = console.size;
    console.handleInput(`stty rows ${rows} cols ${columns}\r`);
  }

  dispose(): void {
    this.#disposables.dispose();
    for (const { terminal, console } of this.#open.splice(0)) {
      console.dispose();
      terminal.dispose();
    }
    setContext('vmDeck.consoleActive', false);
  }

  async #offerTakeOver(console: SerialConsole, name: string): Promise<void> {
    const takeOver = vscode.l10n.t('Take Over');
    const chosen = await vscode.window.showWarningMessage(
      vscode.l10n.t(
        'Somebody else has the serial console of {0} open. Taking it over cuts them off.',
        name,
      ),
      takeOver,
    );
    if (chosen === takeOver) {
      console.takeOver();
    }
  }

  readonly #activeChanged = (active: vscode.Terminal | undefined): void => {
    setContext(
      'vmDeck.consoleActive',
      this.#open.some(({ terminal }) => terminal === active),
    );
  };

  readonly #closed = (closed: vscode.Terminal): void => {
    const at = this.#open.findIndex(({ terminal }) => terminal === closed);
    if (at >= 0) {
      this.#open.splice(at, 1).forEach(({ console }) => {
        console.dispose();
      });
    }
  };
}
