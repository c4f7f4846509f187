import assert from 'node:assert/strict';
import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import * as vscode from 'vscode';

/** What a person would notice; a busy machine may take longer once, but not each time. */
const budgetMs = 50;
const activations = 7;

type Functions = Record<string, unknown>;

/** Puts something in the place of members until the result is called. */
function replace(holder: object, members: Readonly<Functions>): () => void {
  const all = holder as Functions;
  const before = Object.fromEntries(Object.keys(members).map((key) => [key, all[key]]));
  Object.assign(all, members);
  return () => Object.assign(all, before);
}

/** Notes which functions of a module the extension's own code calls. */
function noteCalls(module: object, name: string, seen: string[]): () => void {
  const noted = Object.entries(module).filter(
    (entry): entry is [string, (...args: unknown[]) => unknown] =>
      typeof entry[1] === 'function' && !/^[A-Z_]/.test(entry[0]),
  );
  return replace(
    module,
    Object.fromEntries(
      noted.map(([key, original]) => [
        key,
        function (this: unknown, ...args: unknown[]) {
          const caller = new Error('who asks').stack?.split('\n')[2] ?? '';
          if (caller.includes('extension.cjs')) {
            seen.push(`${name}.${key}`);
          }
          return original.apply(this, args);
        },
      ]),
    ),
  );
}

/** What is registered once already, and cannot be a second time. */
function standIns(): readonly (() => void)[] {
  const none = new vscode.Disposable(() => undefined);
  const never = (): vscode.Disposable => none;
  const { createOutputChannel } = vscode.window;
  let channels = 0;
  return [
    replace(vscode.commands, { registerCommand: never }),
    replace(vscode.workspace, { registerFileSystemProvider: never }),
    replace(vscode.window, {
      // One of the same name would be the same one, and closed with the first
      createOutputChannel: (name: string, options: { log: true }) =>
        createOutputChannel(`${name} ${++channels}`, options),
      registerWebviewPanelSerializer: never,
      createTreeView: () => ({
        selection: [],
        visible: true,
        onDidChangeVisibility: never,
        onDidChangeSelection: never,
        dispose: () => undefined,
      }),
    }),
  ];
}

describe('activate()', function () {
  this.timeout(60_000);
  const extension = vscode.extensions.getExtension('vm-deck.vm-deck')!;
  const file = path.join(extension.extensionPath, 'dist', 'extension.cjs');
  const load = createRequire(file);

  before(() => extension.activate());

  /** Activates another copy of the extension, with nothing of it loaded before. @returns milliseconds */
  async function activate(): Promise<number> {
    Reflect.deleteProperty(load.cache, file);
    const context = {
      subscriptions: [] as vscode.Disposable[],
      globalStorageUri: vscode.Uri.file('/nowhere'),
    };
    const extensionModule = load(file) as { activate(context: unknown): unknown };
    const start = performance.now();
    extensionModule.activate(context);
    const ms = performance.now() - start;
    await Promise.resolve();
    for (const subscription of context.subscriptions) {
      subscription.dispose();
    }
    return ms;
  }

  it(`takes at most ${budgetMs} ms, and neither reads nor opens anything`, async () => {
    const seen: string[] = [];
    const undo = [
      ...standIns(),
      noteCalls(fs, 'fs', seen),
      noteCalls(fs.promises, 'fs.promises', seen),
      noteCalls(net, 'net', seen),
      noteCalls(dns, 'dns', seen),
      noteCalls(childProcess, 'child_process', seen),
    ];
    try {
      const times: number[] = [];
      for (let count = 0; count < activations; count++) {
        times.push(await activate());
      }
      const shown = times.map((ms) => ms.toFixed(1)).join(', ');
      assert.ok(Math.min(...times) <= budgetMs, `${shown} ms`);
      assert.deepEqual(seen, []);
    } finally {
      undo.forEach((give) => {
        give();
      });
    }
  });
});
