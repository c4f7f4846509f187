import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { messageOf } from '../../../base/errors.ts';
import { parseHostUri, type HostUri } from '../../../libvirt/uri.ts';
import type { SshClientChoice } from '../../../transport/ssh/sshTarget.ts';
import { suggestName } from '../../hosts/suggestName.ts';
import type { QuickTurns } from '../../quickTurns.ts';
import { askPlace, type FindLocalHosts, type FindSshHosts } from './askPlace.ts';
import { askTest, type TryConnection } from './askTest.ts';
import { askText, type StepOutcome } from './quickInput.ts';

/** What the form asks of the outside. */
export interface HostFormSources {
  readonly findLocalHosts: FindLocalHosts;
  readonly findSshHosts: FindSshHosts;
  readonly tryConnection: TryConnection;
  /** @throws TransportError for a URI that we have no way to. */
  readonly checkUri: (uri: HostUri) => void;
  readonly turns: QuickTurns;
}

export interface HostAnswer {
  readonly name: string;
  readonly uri: string;
  readonly readOnly: boolean;
}

export interface HostForm {
  readonly title: string;
  /** What the last button says: "Add", "Save". */
  readonly confirm: string;
  /** What is there already; undefined for a new host. */
  readonly start: HostAnswer | undefined;
  /** The client over SSH that its entry asks for, if it does. */
  readonly ssh?: SshClientChoice | undefined;
  readonly takenNames: ReadonlySet<string>;
  /** The name of the host that has a URI. */
  readonly takenUris: ReadonlyMap<string, string>;
}

type StepName = 'place' | 'uri' | 'name' | 'test';

/** Asks for a host, a step at a time; undefined if the person left, with nothing done. */
export async function askHost(
  form: HostForm,
  sources: HostFormSources,
): Promise<HostAnswer | undefined> {
  let { uri = '', name = '', readOnly = false } = form.start ?? {};
  const steps: readonly StepName[] = form.start
    ? ['uri', 'name', 'test']
    : ['place', 'uri', 'name', 'test'];
  /** The steps that were taken, for the way back. */
  const taken: StepName[] = [];
  let step: StepName | undefined = steps[0];
  while (step !== undefined) {
    const place = {
      title: form.title,
      step: steps.indexOf(step) + 1,
      totalSteps: steps.length,
      turns: sources.turns,
    };
    let outcome: StepOutcome<StepName | HostAnswer>;
    switch (step) {
      case 'place': {
        const chosen = await askPlace({ ...place, takenUris: form.takenUris }, sources);
        outcome = map(chosen, (found) => {
          uri = found ?? uri;
          return found === undefined ? 'uri' : 'name';
        });
        break;
      }
      case 'uri': {
        const entered = await askText({
          ...place,
          prompt: vscode.l10n.t(
            'The libvirt URI of the host: qemu:///system here, qemu+ssh://user@host/system elsewhere.',
          ),
          placeholder: 'qemu+ssh://user@host/system',
          value: uri,
          validate: (text) => problemWithUri(text, sources),
        });
        outcome = map(entered, (text) => {
          uri = text;
          return 'name';
        });
        break;
      }
      case 'name': {
        const entered = await askText({
          ...place,
          prompt: vscode.l10n.t('What you call {0}.', uri),
          value: name === '' ? suggestName(parseHostUri(uri), hostname(), form.takenNames) : name,
          validate: (text) => problemWithName(text, form.takenNames),
        });
        outcome = map(entered, (text) => {
          name = text;
          return 'test';
        });
        break;
      }
      case 'test': {
        const decided = await askTest(
          { ...place, confirm: form.confirm, uri: parseHostUri(uri), readOnly, ssh: form.ssh },
          sources,
        );
        outcome = map(decided, (decision) => {
          if (decision.kind === 'changeUri') {
            return 'uri';
          }
          readOnly = decision.readOnly;
          return { name, uri, readOnly };
        });
        break;
      }
    }
    if (outcome.kind !== 'answer') {
      step = outcome.kind === 'back' ? taken.pop() : undefined;
    } else if (typeof outcome.answer === 'object') {
      return outcome.answer;
    } else {
      taken.push(step);
      step = outcome.answer;
    }
  }
  return undefined;
}

function map<T, U>(outcome: StepOutcome<T>, to: (answer: T) => U): StepOutcome<U> {
  return outcome.kind === 'answer' ? { kind: 'answer', answer: to(outcome.answer) } : outcome;
}

function problemWithUri(text: string, { checkUri }: HostFormSources): string | undefined {
  if (text.trim() === '') {
    return vscode.l10n.t('Enter a URI, such as qemu:///system.');
  }
  try {
    checkUri(parseHostUri(text));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function problemWithName(text: string, taken: ReadonlySet<string>): string | undefined {
  if (text.trim() === '') {
    return vscode.l10n.t('Enter a name.');
  }
  return taken.has(text.trim())
    ? vscode.l10n.t('There is already a host called "{0}".', text.trim())
    : undefined;
}
