import type { GuestShell } from './guestShell.ts';
import type { ServerStream } from './serverStream.ts';

const enter = 0x0d;
const newline = 0x0a;
const interrupt = 0x03;
const endOfInput = 0x04;
const escape = 0x1b;
const erase: readonly number[] = [0x08, 0x7f];

/** One VM's serial port: whoever holds it gets an echo, a line editor and answers. */
export class SerialConsole {
  readonly #shell: GuestShell;
  #stream: ServerStream | undefined;
  #line: number[] = [];
  /** Of a key that sends several bytes, such as an arrow; those do nothing here. */
  #isEscaped = false;

  constructor(shell: GuestShell) {
    this.#shell = shell;
  }

  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** Gives it to a client; whoever held it before is at the end. */
  attach(stream: ServerStream): void {
    this.detach();
    this.#stream = stream;
    this.#line = [];
    stream.onData = (bytes) => {
      for (const byte of bytes) {
        this.#take(byte);
      }
    };
    stream.onClose = () => {
      if (this.#stream === stream) {
        this.#stream = undefined;
      }
    };
    this.#print(`\r\n${this.#shell.prompt}`);
  }

  detach(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.end();
  }

  #take(byte: number): void {
    if (this.#isEscaped) {
      // ESC [ A: the sequence ends with a letter
      this.#isEscaped = !/[A-Za-z~]/.test(String.fromCharCode(byte));
    } else if (byte === escape) {
      this.#isEscaped = true;
    } else if (byte === enter || byte === newline) {
      this.#enter();
    } else if (erase.includes(byte)) {
      this.#erase();
    } else if (byte === interrupt) {
      this.#line = [];
      this.#print(`^C\r\n${this.#shell.prompt}`);
    } else if (byte >= 0x20 && byte !== endOfInput) {
      this.#line.push(byte);
      this.#stream?.write(Uint8Array.of(byte));
    }
  }

  #enter(): void {
    const answer = this.#shell.run(Buffer.from(this.#line).toString('utf8'));
    this.#line = [];
    const lines = answer === '' ? '' : `${answer.replaceAll('\n', '\r\n')}\r\n`;
    this.#print(`\r\n${lines}${this.#shell.prompt}`);
  }

  #erase(): void {
    let removed = this.#line.pop();
    if (removed === undefined) {
      return;
    }
    // The bytes that go on a UTF-8 character
    while ((removed & 0xc0) === 0x80) {
      removed = this.#line.pop() ?? 0;
    }
    this.#print('\b \b');
  }

  #print(text: string): void {
    this.#stream?.write(Buffer.from(text));
  }
}
