import * as vscode from 'vscode';
import type { SavedFilter } from '../../../contract/dashboard.ts';

/** The filters that were saved under a name, by their names. They are a setting, so they come along where settings do. */
export function readFilters(): readonly SavedFilter[] {
  const value = vscode.workspace.getConfiguration('vmDeck').get<unknown>('filters');
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .map(([name, query]) => ({ name, query }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Saves a filter in the user's settings, or forgets it if there is no query. */
export async function writeFilter(name: string, query: string | undefined): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('vmDeck');
  const before = configuration.inspect<Readonly<Record<string, string>>>('filters')?.globalValue;
  const filters = Object.entries(before ?? {}).filter(([known]) => known !== name);
  await configuration.update(
    'filters',
    Object.fromEntries(query === undefined ? filters : [...filters, [name, query]]),
    vscode.ConfigurationTarget.Global,
  );
}
