import type {
  Choice,
  Prompter,
  Question,
  Severity,
  TextQuestion,
} from '../../../../src/extension/actions/prompter.ts';

/** A notification that is open until a test answers or closes it. */
interface OpenNotification {
  readonly severity: Severity;
  readonly message: string;
  readonly labels: readonly string[];
  /** Without a label it is closed. */
  answer(label?: string): Promise<void>;
}

/** A person made of answers given beforehand; keeps what they were asked and told. */
export class FakePrompter implements Prompter {
  readonly notifications: OpenNotification[] = [];
  readonly questions: Question[] = [];
  readonly textQuestions: TextQuestion[] = [];
  /** Answers to modals, in order; the safe answer where there is none left. */
  readonly answers: string[] = [];
  /** Answers to input boxes, in order; left by Escape where there is none left. */
  readonly texts: string[] = [];

  notify(severity: Severity, message: string, choices: readonly Choice[] = []): Promise<void> {
    return new Promise((resolve) => {
      this.notifications.push({
        severity,
        message,
        labels: choices.map(({ label }) => label),
        answer: async (label) => {
          const choice = choices.find((candidate) => candidate.label === label);
          if (label !== undefined && !choice) {
            throw new Error(`There is no button "${label}".`);
          }
          await choice?.run();
          resolve();
        },
      });
    });
  }

  ask(question: Question): Promise<string | undefined> {
    this.questions.push(question);
    const answer = this.answers.shift();
    if (answer !== undefined && !question.answers.includes(answer)) {
      return Promise.reject(new Error(`"${answer}" is none of ${question.answers.join(', ')}.`));
    }
    return Promise.resolve(answer);
  }

  askText(question: TextQuestion): Promise<string | undefined> {
    this.textQuestions.push(question);
    return Promise.resolve(this.texts.shift());
  }
}
