import * as vscode from 'vscode';
import type { HostSession } from '../../inventory/hostSession.ts';
import type { HostEntry } from '../hosts/hostSettings.ts';
import { hostRow } from '../views/hosts/hostRow.ts';

/** A host in one line, in the words of its row in the tree. */
export interface HostLine {
  readonly name: string;
  readonly description: string;
  /** A codicon. */
  readonly icon: string;
}

/** @param now milliseconds since the epoch */
export function hostLine(
  entry: HostEntry,
  session: HostSession | undefined,
  now: number,
): HostLine {
  const { label, description, icon } = hostRow(
    {
      entry,
      host: session?.snapshot,
      sample: session?.sampler.node,
      isFirst: false,
      isLast: false,
      now,
    },
    vscode.l10n,
  );
  return { name: label, description, icon: icon.id };
}
