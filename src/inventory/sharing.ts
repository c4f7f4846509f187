import type { Clock } from '../base/clock.ts';
import { Places } from '../base/places.ts';
import { Turns } from '../base/turns.ts';

/** What hosts share, so that many of them together do not hold up the event loop. */
export interface Sharing {
  /** For what takes a moment of each: to dial, to take in what came. */
  readonly turns: Turns;
  /** For reading everything: what is under way is copied by each garbage collection until it is through. */
  readonly readings: Places;
}

/** More of them together are no faster: a few keep one thread busy. */
const readingsAtOnce = 8;
/** A host nearby is read within this; one far off mostly waits, and nobody waits for it. */
const readingHeldMs = 250;

export function createSharing(clock: Clock): Sharing {
  return {
    turns: new Turns(clock),
    readings: new Places({ clock, count: readingsAtOnce, heldMs: readingHeldMs }),
  };
}
