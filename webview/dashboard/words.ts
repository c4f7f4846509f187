import type { VmState } from '../../src/contract/vmStates.ts';
import type { Translate } from '../shared/l10n.ts';

/** A state in a word or two. */
export function stateName(state: VmState, t: Translate): string {
  switch (state) {
    case 'running':
      return t('running');
    case 'paused':
      return t('paused');
    case 'off':
      return t('off');
    case 'saved':
      return t('saved');
    case 'sleeping':
      return t('asleep');
    case 'crashed':
      return t('crashed');
    case 'notAnswering':
      return t('not answering');
    case 'unknown':
      return t('state unknown');
  }
}

/** How states are written in a query. */
export const stateWords: Readonly<Record<VmState, string>> = {
  running: 'running',
  paused: 'paused',
  off: 'off',
  saved: 'saved',
  sleeping: 'asleep',
  crashed: 'crashed',
  notAnswering: 'not-answering',
  unknown: 'unknown',
};
