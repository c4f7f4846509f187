import { TransportError } from '../libvirt/errors.ts';

/** From when to when something is so, in milliseconds after the host began. */
interface Spell {
  readonly name: string;
  readonly fromMs: number;
  /** For good where there is none. */
  readonly untilMs: number | undefined;
}

/** What is to go wrong with a simulated host, and when. */
export interface FaultPlan {
  /** VMs whose QEMU answers nothing. */
  readonly stuck: readonly Spell[];
  /** VMs whose QEMU dies. */
  readonly crashing: readonly Spell[];
  /** Names of VMs whose guests do nothing when asked to shut down. */
  readonly ignoring: readonly string[];
  /** Procedures whose calls take so many milliseconds longer. */
  readonly slow: readonly (readonly [procedure: string, delayMs: number])[];
  /** Procedures whose calls are refused. */
  readonly refused: readonly string[];
  /** All connections are dropped so often. */
  readonly dropEveryMs: number | undefined;
}

/** The parameters of a URI that are about what goes wrong; those of the program are called the same. */
type FaultName = 'stuck' | 'crash' | 'ignore-shutdown' | 'slow' | 'refuse' | 'drop-every';

/**
 * Reads what is to go wrong: lists with commas, times in seconds, such as
 * `stuck=web-01@10-30,db-01`, `crash=web-02@5`, `slow=domainCreate=2000`, `refuse=domainShutdown`, `drop-every=60`.
 * @throws TransportError of kind `unsupported` that says what is wrong
 */
export function parseFaultPlan(texts: Readonly<Partial<Record<FaultName, string>>>): FaultPlan {
  const list = (name: FaultName): readonly string[] =>
    (texts[name] ?? '').split(',').filter((part) => part !== '');
  const spells = (name: 'stuck' | 'crash'): readonly Spell[] =>
    list(name).map((text) => parseSpell(name, text));
  const dropEvery = texts['drop-every'] ?? '0';
  return {
    stuck: spells('stuck'),
    crashing: spells('crash'),
    ignoring: list('ignore-shutdown'),
    slow: list('slow').map(parseSlow),
    refused: list('refuse'),
    dropEveryMs: Number(dropEvery) === 0 ? undefined : seconds('drop-every', dropEvery, dropEvery),
  };
}

function parseSpell(parameter: string, text: string): Spell {
  const [, name = '', from, until] = /^(.*?)(?:@([^@-]+)(?:-([^@-]+))?)?$/.exec(text) ?? [];
  if (until !== undefined && parameter === 'crash') {
    throw wrong(parameter, text, 'a crash has no end');
  }
  return {
    name,
    fromMs: from === undefined ? 0 : seconds(parameter, text, from),
    untilMs: until === undefined ? undefined : seconds(parameter, text, until),
  };
}

function parseSlow(text: string): readonly [string, number] {
  const [procedure = '', delay = ''] = text.split('=');
  const delayMs = Number(delay);
  if (procedure === '' || delay === '' || !(delayMs >= 0)) {
    throw wrong('slow', text, 'it should look like domainCreate=2000, in milliseconds');
  }
  return [procedure, delayMs];
}

function seconds(parameter: string, whole: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 86_400)) {
    throw wrong(parameter, whole, `"${text}" should be a number of seconds, at most a day`);
  }
  return value * 1_000;
}

function wrong(parameter: string, text: string, why: string): TransportError {
  return new TransportError('unsupported', `The demo host's ${parameter} is "${text}": ${why}.`);
}
