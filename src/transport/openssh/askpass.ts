import { randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { onAbort } from '../../base/abort.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { SshEnvironment } from '../ssh/sshEnvironment.ts';
import type { Answers } from './answers.ts';

/** What OpenSSH starts to ask somebody: hands the question to us, and our answer back. */
const shellScript = `#!/bin/sh
ELECTRON_RUN_AS_NODE=1 exec "$VM_DECK_ASKPASS_NODE" "$VM_DECK_ASKPASS_SCRIPT" "$1"
`;
const nodeScript = `'use strict';
const { VM_DECK_ASKPASS_SOCKET: path, VM_DECK_ASKPASS_TOKEN: token, SSH_ASKPASS_PROMPT: kind } = process.env;
const socket = require('node:net').connect({ path });
let answer = '';
socket.setEncoding('utf8').on('data', (text) => (answer += text));
socket.on('error', () => process.exit(1));
socket.on('end', () => {
  if (answer[0] !== '+') process.exit(1);
  process.stdout.write(answer.slice(1) + '\\n', () => process.exit(0));
});
socket.write(JSON.stringify({ token, kind: kind || '', question: process.argv[2] || '' }) + '\\n');
`;
const mostQuestionBytes = 64_000;

interface Message {
  readonly token: string;
  readonly kind: string;
  readonly question: string;
}

/** Whether OpenSSH can ask somebody through us, which takes a shell. */
export function canAsk({ platform }: Pick<SshEnvironment, 'platform'>): boolean {
  return platform !== 'win32';
}

/**
 * Takes the questions of OpenSSH, and hands back what {@link Answers} has to say. It listens in a folder that only its
 * user may enter. Answers are given again to those who share the connection.
 */
export class Askpass implements Disposable {
  readonly #answers: Answers;
  readonly #server: Server;
  readonly #token = randomBytes(18).toString('base64url');
  readonly #folder: string;
  readonly #closing = new AbortController();
  /** What was answered: asked again before we were in, it was wrong; afterwards it goes to those who share. */
  readonly #answered = new Map<string, string | undefined>();
  #isIn = false;
  #asking = 0;

  private constructor(folder: string, answers: Answers) {
    this.#folder = folder;
    this.#answers = answers;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#serve(socket);
    });
  }

  /** `folder` is private and outlives it. */
  static async open(folder: string, answers: Answers): Promise<Askpass> {
    const askpass = new Askpass(folder, answers);
    await writeFile(join(folder, 'askpass'), shellScript, { mode: 0o700 });
    await writeFile(join(folder, 'askpass.cjs'), nodeScript, { mode: 0o600 });
    await new Promise<void>((resolve, reject) => {
      askpass.#server.once('error', reject);
      askpass.#server.listen({ path: join(folder, 'a') }, resolve);
    });
    return askpass;
  }

  /** Whether a person is being asked just now. */
  get isAsking(): boolean {
    return this.#asking > 0;
  }

  /** For the environment of `ssh`. */
  get variables(): Readonly<Record<string, string>> {
    return {
      SSH_ASKPASS: join(this.#folder, 'askpass'),
      SSH_ASKPASS_REQUIRE: 'force',
      VM_DECK_ASKPASS_NODE: process.execPath,
      VM_DECK_ASKPASS_SCRIPT: join(this.#folder, 'askpass.cjs'),
      VM_DECK_ASKPASS_SOCKET: join(this.#folder, 'a'),
      VM_DECK_ASKPASS_TOKEN: this.#token,
    };
  }

  /** What was answered so far was right. */
  succeeded(): void {
    this.#isIn = true;
    this.#answers.succeeded();
  }

  dispose(): void {
    this.#answered.clear();
    this.#closing.abort();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    let text = '';
    // Whoever asks waits for the answer: if it goes before, nobody needs to be asked any more
    const asking = new AbortController();
    const closing = onAbort(this.#closing.signal, () => {
      asking.abort();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      closing.dispose();
    });
    socket.once('end', () => {
      asking.abort();
      socket.end();
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > mostQuestionBytes) {
        socket.destroy();
      } else if (text.endsWith('\n')) {
        this.#answer(text, asking.signal).then(
          (answer) => {
            socket.end(answer === undefined ? '-' : `+${answer}`);
          },
          () => {
            socket.end('-');
          },
        );
      }
    });
  }

  async #answer(text: string, signal: AbortSignal): Promise<string | undefined> {
    const { token, kind, question } = JSON.parse(text) as Message;
    const isOurs =
      token.length === this.#token.length &&
      timingSafeEqual(Buffer.from(token), Buffer.from(this.#token));
    if (!isOurs) {
      return undefined;
    }
    const isWrong = this.#answered.has(question);
    if (this.#isIn && isWrong) {
      return this.#answered.get(question);
    }
    this.#asking++;
    try {
      const answer = await this.#answers.to({ kind, text: question, isWrong, signal });
      if (!signal.aborted) {
        this.#answered.set(question, answer);
      }
      return answer;
    } finally {
      this.#asking--;
    }
  }
}
