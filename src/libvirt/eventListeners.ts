import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/event.ts';
import type { Log } from '../base/log.ts';
import { decodeBody } from './decode.ts';
import type { Frame } from './frame.ts';
import type { EventMessage } from './protocol/procedure.ts';

/** Who listens to which of the daemon's events on a connection. */
export class EventListeners {
  readonly #log: Log;
  readonly #entries = new Map<
    string,
    { readonly message: EventMessage<unknown>; readonly emitter: Emitter<unknown> }
  >();
  readonly #lost = new Emitter<void>();
  readonly counters = { events: 0, unknownEvents: 0, malformedEvents: 0 };

  /** Fires when an event came that could not be read: what it told is not known. */
  readonly onDidLose = this.#lost.event;

  constructor(log: Log) {
    this.#log = log;
  }

  on<T>(message: EventMessage<T>, listener: (value: T) => void): Disposable {
    const key = keyOf(message.program, message.number);
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = {
        message,
        emitter: new Emitter<unknown>((error) => {
          this.#log.error(`A listener of ${message.name} failed: ${String(error)}`);
        }),
      };
      this.#entries.set(key, entry);
    }
    return entry.emitter.event(listener as (value: unknown) => void);
  }

  /** Counts the event, and tells those who listen to its kind. */
  dispatch({ header, body }: Frame): void {
    this.counters.events++;
    const entry = this.#entries.get(keyOf(header.program, header.procedure));
    if (!entry) {
      this.counters.unknownEvents++;
      this.#log.debug(`event ${header.procedure} of program ${header.program} is not known`);
      return;
    }
    let value: unknown;
    try {
      value = decodeBody(entry.message.message, body);
    } catch (error) {
      this.counters.malformedEvents++;
      this.#log.warn(`event ${entry.message.name} cannot be read: ${String(error)}`);
      this.#lost.fire();
      return;
    }
    entry.emitter.fire(value);
  }
}

function keyOf(program: number, number: number): string {
  return `${program}:${number}`;
}
