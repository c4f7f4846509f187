import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('VM Deck in a real extension host', () => {
  const extension = vscode.extensions.getExtension('vm-deck.vm-deck');

  it('activates', async () => {
    assert.ok(extension);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('registers every command that package.json contributes', async () => {
    const contributes = (
      extension!.packageJSON as { contributes: { commands: { command: string }[] } }
    ).contributes;
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = contributes.commands
      .map(({ command }) => command)
      .filter((id) => !known.has(id));
    assert.deepEqual(missing, []);
  });

  it('shows its view', async () => {
    await vscode.commands.executeCommand('vmDeck.hosts.focus');
  });
});
