import * as vscode from 'vscode';
import { messageOf } from '../../../base/errors.ts';
import type { HostUri } from '../../../libvirt/uri.ts';
import type { TriedConnection, TriedStep } from '../../hosts/tryConnection.ts';
import type { SshClientChoice } from '../../../transport/ssh/sshTarget.ts';
import { askChoice, type Choice, type StepOutcome, type StepPlace } from './quickInput.ts';

/** Tries a connection and tells of each step as it goes. @throws what the signal was aborted with. */
export type TryConnection = (
  uri: HostUri,
  options: {
    readonly readOnly: boolean;
    readonly ssh: SshClientChoice | undefined;
    readonly signal: AbortSignal;
    readonly onProgress: (steps: readonly TriedStep[]) => void;
  },
) => Promise<TriedConnection>;

export type TestDecision =
  { readonly kind: 'accept'; readonly readOnly: boolean } | { readonly kind: 'changeUri' };

type Button = TestDecision | { readonly kind: 'tryAgain' };

export interface TestStep extends StepPlace {
  readonly uri: HostUri;
  readonly readOnly: boolean;
  /** The client that the entry asks for. */
  readonly ssh: SshClientChoice | undefined;
  /** What the button says that accepts. */
  readonly confirm: string;
}

/** Tries the connection in front of the person's eyes, who then decides. */
export async function askTest(
  step: TestStep,
  sources: { readonly tryConnection: TryConnection },
): Promise<StepOutcome<TestDecision>> {
  for (;;) {
    const outcome = await askOnce(step, sources);
    if (outcome.kind !== 'answer') {
      return outcome;
    }
    if (outcome.answer.kind !== 'tryAgain') {
      return { kind: 'answer', answer: outcome.answer };
    }
  }
}

function askOnce(
  { uri, readOnly, ssh, confirm, ...place }: TestStep,
  { tryConnection }: { readonly tryConnection: TryConnection },
): Promise<StepOutcome<Button>> {
  return askChoice<Button>({
    ...place,
    placeholder: vscode.l10n.t('Trying {0}…', uri.text),
    fill: (show, say) => {
      const aborter = new AbortController();
      let steps: readonly Choice<Button>[] = [];
      tryConnection(uri, {
        readOnly,
        ssh,
        signal: aborter.signal,
        onProgress: (tried) => {
          steps = tried.map(toChoice);
          show(steps, { busy: true });
        },
      }).then(
        (result) => {
          if (!aborter.signal.aborted) {
            say(
              result.works
                ? vscode.l10n.t('{0} works', uri.text)
                : vscode.l10n.t('{0} cannot be used as it stands', uri.text),
            );
            show([...steps, separator(), ...buttons(result, readOnly, confirm)], { busy: false });
          }
        },
        (error: unknown) => {
          if (!aborter.signal.aborted) {
            say(messageOf(error));
            show(buttons({ works: false, worksReadOnly: false }, readOnly, confirm), {
              busy: false,
            });
          }
        },
      );
      return () => {
        aborter.abort();
      };
    },
  });
}

const icons: Readonly<Record<TriedStep['state'], string>> = {
  running: 'loading~spin',
  passed: 'pass',
  failed: 'error',
};

function describe(state: TriedStep['state']): string {
  switch (state) {
    case 'running':
      return vscode.l10n.t('trying…');
    case 'passed':
      return vscode.l10n.t('done');
    case 'failed':
      return vscode.l10n.t('failed; choose this to read all of it');
  }
}

function toChoice({ label, state, detail }: TriedStep): Choice<Button> {
  return {
    label,
    // The icon in a word, for those who do not see it
    description: describe(state),
    iconPath: new vscode.ThemeIcon(icons[state]),
    detail,
    alwaysShow: true,
    // A row shows one line of it
    ...(state === 'failed' ? { explain: () => showWhole(label, detail) } : {}),
  };
}

function showWhole(label: string, detail: string): unknown {
  return vscode.window.showWarningMessage(
    vscode.l10n.t('"{0}" failed.', label),
    { modal: true, detail },
    { title: vscode.l10n.t('Close'), isCloseAffordance: true },
  );
}

function buttons(
  { works, worksReadOnly }: TriedConnection,
  readOnly: boolean,
  confirm: string,
): readonly Choice<Button>[] {
  const accept = (label: string, asReadOnly: boolean): Choice<Button> => ({
    label,
    alwaysShow: true,
    value: { kind: 'accept', readOnly: asReadOnly },
  });
  const changeUri: Choice<Button> = {
    label: vscode.l10n.t('Change URI'),
    alwaysShow: true,
    value: { kind: 'changeUri' },
  };
  if (works) {
    return [accept(confirm, readOnly), changeUri];
  }
  return [
    ...(worksReadOnly && !readOnly ? [accept(vscode.l10n.t('{0} Read-Only', confirm), true)] : []),
    { label: vscode.l10n.t('Try Again'), alwaysShow: true, value: { kind: 'tryAgain' } },
    changeUri,
    accept(vscode.l10n.t('{0} Anyway', confirm), readOnly),
  ];
}

function separator(): Choice<Button> {
  return { label: '', kind: vscode.QuickPickItemKind.Separator };
}
