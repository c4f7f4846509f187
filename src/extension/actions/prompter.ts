export type Severity = 'info' | 'warning' | 'error';

/** A button, and what happens when it is chosen. */
export interface Choice {
  readonly label: string;
  run(): unknown;
}

/** A question that must be answered before anything happens. */
export interface Question {
  /** The question itself, which names what it is about where that is short. */
  readonly message: string;
  /** Names all targets, and says what cannot be undone. */
  readonly detail: string;
  /** The answer that changes nothing; what Enter chooses. */
  readonly safe: string;
  /** The answers that do something. */
  readonly answers: readonly [string, ...string[]];
}

/** A line of text that is asked for. */
export interface TextQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** What is wrong with a text, in a sentence; undefined if nothing is. */
  readonly validate: (text: string) => string | undefined;
}

/** How the extension speaks with the person; tests answer in their place. */
export interface Prompter {
  /** A notification; resolves once it was answered, or closed without. */
  notify(severity: Severity, message: string, choices?: readonly Choice[]): Promise<void>;
  /** A modal; undefined for the safe answer and for closing it. */
  ask(question: Question): Promise<string | undefined>;
  /** An input box; undefined if it was left. */
  askText(question: TextQuestion): Promise<string | undefined>;
}
