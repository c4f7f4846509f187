import * as vscode from 'vscode';
import type { QuickTurns } from '../../quickTurns.ts';

/** What came of a step: an answer, one step back, or nothing since the person left. */
export type StepOutcome<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | { readonly kind: 'back' }
  | { readonly kind: 'left' };

/** What all steps of a form have in common. */
export interface StepPlace {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  readonly turns: QuickTurns;
}

export interface TextStep extends StepPlace {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value: string;
  /** What is wrong with a text, in a sentence; undefined if nothing is. */
  validate(text: string): string | undefined;
}

/** Asks for a line of text; it can be accepted only when nothing is wrong with it. */
export function askText(options: TextStep): Promise<StepOutcome<string>> {
  const input = vscode.window.createInputBox();
  dress(input, options);
  input.prompt = options.prompt;
  input.placeholder = options.placeholder;
  input.value = options.value;
  const validate = (): boolean => {
    const problem = options.validate(input.value);
    input.validationMessage = problem;
    return problem === undefined;
  };
  return run(input, options.turns, (answer) => {
    // What stands there from the start is not complained about before the person did something
    input.onDidChangeValue(validate);
    input.onDidAccept(() => {
      if (validate()) {
        answer(input.value.trim());
      }
    });
    return () => undefined;
  });
}

/** Something to choose; without a value it only says something, and choosing it may say more. */
export interface Choice<T> extends vscode.QuickPickItem {
  readonly value?: T;
  /** Called when it is chosen; the list stays. */
  readonly explain?: () => unknown;
}

export interface ChoiceStep<T> extends StepPlace {
  readonly placeholder: string;
  /**
   * Fills the list, at once or as things become known; what it returns is called at the end.
   * @param show replaces the list; `busy` while more is to come, `best` is chosen by Enter unless it is the first
   * @param say replaces the placeholder
   */
  fill(
    show: (
      choices: readonly Choice<T>[],
      state: { readonly busy: boolean; readonly best?: Choice<T> | undefined },
    ) => void,
    say: (placeholder: string) => void,
  ): () => void;
}

/** Offers a list that may grow while it is shown. */
export function askChoice<T>(options: ChoiceStep<T>): Promise<StepOutcome<T>> {
  const pick = vscode.window.createQuickPick<Choice<T>>();
  dress(pick, options);
  pick.placeholder = options.placeholder;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.keepScrollPosition = true;
  return run(pick, options.turns, (answer) => {
    pick.onDidAccept(() => {
      const chosen = pick.selectedItems[0];
      chosen?.explain?.();
      if (chosen?.value !== undefined) {
        answer(chosen.value);
      }
    });
    return options.fill(
      (choices, { busy, best }) => {
        pick.items = choices;
        pick.busy = busy;
        // The best one, now that it is known
        const first = best ?? choices.find(({ value }) => value !== undefined);
        pick.activeItems = first ? [first] : [];
      },
      (placeholder) => {
        pick.placeholder = placeholder;
      },
    );
  });
}

function dress(
  input: vscode.QuickInput & { buttons: readonly vscode.QuickInputButton[] },
  place: StepPlace,
): void {
  input.title = place.title;
  input.step = place.step;
  input.totalSteps = place.totalSteps;
  // A look at another window must not throw away what was typed
  input.ignoreFocusOut = true;
  input.buttons = place.step > 1 ? [vscode.QuickInputButtons.Back] : [];
}

function run<T>(
  input: vscode.InputBox | vscode.QuickPick<Choice<T>>,
  turns: QuickTurns,
  attach: (answer: (value: T) => void) => () => void,
): Promise<StepOutcome<T>> {
  return new Promise((resolve) => {
    let outcome: StepOutcome<T> | undefined;
    const finish = (result: StepOutcome<T>): void => {
      outcome = result;
      input.hide();
      if (turns.isInterrupted) {
        end(); // it is hidden already
      }
    };
    let isEnded = false;
    const end = (): void => {
      if (isEnded) {
        return;
      }
      isEnded = true;
      detach();
      shownAgain.dispose();
      input.dispose();
      resolve(outcome ?? { kind: 'left' });
    };
    const shownAgain = turns.onDidEnd(() => {
      input.show();
    });
    const detach = attach((value) => {
      finish({ kind: 'answer', answer: value });
    });
    input.onDidTriggerButton((button) => {
      if (button === vscode.QuickInputButtons.Back) {
        finish({ kind: 'back' });
      }
    });
    input.onDidHide(() => {
      // Another question is in front of it: it comes back
      if (outcome || !turns.isInterrupted) {
        end();
      }
    });
    input.show();
  });
}
