/** Tells whether a value that came from outside is what it should be. */
export type Guard<T> = (value: unknown) => value is T;

/** What a guard lets through. */
export type Guarded<G> = G extends Guard<infer T> ? T : never;

export const isString: Guard<string> = (value): value is string => typeof value === 'string';
export const isBoolean: Guard<boolean> = (value): value is boolean => typeof value === 'boolean';
/** A number that can be reckoned with. */
export const isNumber: Guard<number> = (value): value is number =>
  typeof value === 'number' && Number.isFinite(value);
export const isCount: Guard<number> = (value): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
/** Nothing was sent along. */
export const isNothing: Guard<undefined> = (value): value is undefined =>
  value === undefined || value === null;

/** Null stands for what is not known, since a message cannot carry `undefined`. */
export function orNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value);
}

export function isOneOf<const T extends readonly unknown[]>(values: T): Guard<T[number]> {
  return (value): value is T[number] => values.includes(value);
}

export function isArrayOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] =>
    Array.isArray(value) && value.every((item) => guard(item));
}

/** An array of one length, each place with a guard of its own. */
export function isTuple<T extends readonly unknown[]>(
  ...guards: { readonly [K in keyof T]: Guard<T[K]> }
): Guard<T> {
  return (value): value is T =>
    Array.isArray(value) &&
    value.length === guards.length &&
    guards.every((guard, index) => guard(value[index]));
}

export function isMapOf<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isPlain(value) && Object.values(value).every((item) => guard(item));
}

type Fields = Readonly<Record<string, Guard<unknown>>>;
type Required<F extends Fields> = { readonly [K in keyof F]: Guarded<F[K]> };
type Optional<F extends Fields> = { readonly [K in keyof F]?: Guarded<F[K]> };

/** An object with these fields, and perhaps with others that nobody looks at. */
export function isObject<R extends Fields>(required: R): Guard<Required<R>>;
export function isObject<R extends Fields, O extends Fields>(
  required: R,
  optional: O,
): Guard<Required<R> & Optional<O>>;
export function isObject(required: Fields, optional: Fields = {}): Guard<unknown> {
  const must = Object.entries(required);
  const may = Object.entries(optional);
  return (value): value is unknown =>
    isPlain(value) &&
    must.every(([name, guard]) => guard(value[name])) &&
    may.every(([name, guard]) => value[name] === undefined || guard(value[name]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
