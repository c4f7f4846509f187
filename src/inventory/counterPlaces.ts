import { PackedParameters } from '../libvirt/protocol/packedParameters.ts';
import type { ParameterShape } from '../libvirt/protocol/parameterShape.ts';
import type { TypedParameter, TypedParameters } from '../libvirt/protocol/types.ts';
import type { Counter } from './counters.ts';

type Place = number | undefined;

/** The devices of a kind, by the number that libvirt gives them, which may have gaps. */
export interface DevicePlaces<T> {
  readonly all: readonly T[];
  /** The number of each, ascending. */
  readonly indices: readonly number[];
  readonly lastIndex: number;
}

/** Where in a statistics record each counter is; undefined of one that is not there. */
interface CounterPlaces {
  readonly cpuTime: Place;
  readonly vcpuCount: Place;
  readonly vcpuMaximum: Place;
  readonly vcpuTimes: DevicePlaces<Place>;
  readonly balloon: Readonly<
    Record<'current' | 'available' | 'usable' | 'unused' | 'lastUpdate' | 'rss', Place>
  >;
  readonly diskCount: Place;
  readonly disks: DevicePlaces<
    Readonly<
      Record<
        | 'name'
        | 'readBytes'
        | 'writeBytes'
        | 'readRequests'
        | 'writeRequests'
        | 'capacity'
        | 'allocation',
        Place
      >
    >
  >;
  readonly interfaceCount: Place;
  readonly interfaces: DevicePlaces<
    Readonly<Record<'name' | 'receiveBytes' | 'transmitBytes', Place>>
  >;
}

/** A statistics record in which counters are found by their place. */
export interface CounterRecord {
  readonly places: CounterPlaces;
  counter(place: Place): Counter | undefined;
  text(place: Place): string | undefined;
}

/**
 * The same VM sends the same names each time, and a thousand VMs but a few different lists of them: where each counter
 * is, is found out once for each list.
 */
const known = new WeakMap<ParameterShape, CounterPlaces>();

export function openRecord(params: TypedParameters): CounterRecord {
  if (!(params instanceof PackedParameters)) {
    return openList([...params]);
  }
  let places = known.get(params.shape);
  if (!places) {
    places = findPlaces(params.shape.places);
    known.set(params.shape, places);
  }
  return {
    places,
    counter: (place) => (place === undefined ? undefined : params.numberAt(place)),
    text: (place) => textOf(place === undefined ? undefined : params.at(place)),
  };
}

function openList(list: readonly TypedParameter[]): CounterRecord {
  return {
    places: findPlaces(new Map(list.map(({ field }, place) => [field, place]))),
    counter: (place) => {
      const value = place === undefined ? undefined : list[place]?.value;
      return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
    },
    text: (place) => textOf(place === undefined ? undefined : list[place]?.value),
  };
}

function textOf(value: TypedParameter['value'] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function findPlaces(places: ReadonlyMap<string, number>): CounterPlaces {
  const at = (field: string): Place => places.get(field);
  const devices = <T>(group: string, find: (prefix: string) => T): DevicePlaces<T> => {
    const indices = numbersOf(group, places.keys());
    return {
      all: indices.map((index) => find(`${group}.${index}`)),
      indices,
      lastIndex: indices.at(-1) ?? -1,
    };
  };
  return {
    cpuTime: at('cpu.time'),
    vcpuCount: at('vcpu.current'),
    vcpuMaximum: at('vcpu.maximum'),
    vcpuTimes: devices('vcpu', (prefix) => at(`${prefix}.time`)),
    balloon: {
      current: at('balloon.current'),
      available: at('balloon.available'),
      usable: at('balloon.usable'),
      unused: at('balloon.unused'),
      lastUpdate: at('balloon.last-update'),
      rss: at('balloon.rss'),
    },
    diskCount: at('block.count'),
    disks: devices('block', (prefix) => ({
      name: at(`${prefix}.name`),
      readBytes: at(`${prefix}.rd.bytes`),
      writeBytes: at(`${prefix}.wr.bytes`),
      readRequests: at(`${prefix}.rd.reqs`),
      writeRequests: at(`${prefix}.wr.reqs`),
      capacity: at(`${prefix}.capacity`),
      allocation: at(`${prefix}.allocation`),
    })),
    interfaceCount: at('net.count'),
    interfaces: devices('net', (prefix) => ({
      name: at(`${prefix}.name`),
      receiveBytes: at(`${prefix}.rx.bytes`),
      transmitBytes: at(`${prefix}.tx.bytes`),
    })),
  };
}

/** The numbers N for which there is a field `GROUP.N.…`, ascending. */
function numbersOf(group: string, fields: Iterable<string>): readonly number[] {
  const found = new Set<number>();
  for (const field of fields) {
    const [first, second, third] = field.split('.');
    if (first === group && third !== undefined && /^\d{1,4}$/.test(second ?? '')) {
      found.add(Number(second));
    }
  }
  return [...found].sort((a, b) => a - b);
}
