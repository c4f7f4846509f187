import { ProtocolError } from '../errors.ts';
import {
  array,
  fixedOpaque,
  int,
  optional,
  string,
  struct,
  uint,
  type Codec,
  type Decoded,
} from '../xdr/codec.ts';
import type { XdrReader } from '../xdr/reader.ts';

/** `REMOTE_STRING_MAX`. */
export const maxStringBytes = 4_194_304;

export const text = string(maxStringBytes);
export const optionalText = optional(text);
const uuidBytes = 16;
export const uuid = fixedOpaque(uuidBytes);

/** A domain as every call about it names it; `id` is -1 while it is inactive. */
const domainFields = struct({ name: text, uuid, id: int });
export type WireDomain = Decoded<typeof domainFields>;
export const domain: Codec<WireDomain> = {
  ...domainFields,
  // Lists have thousands: written out it takes half the time of going through the fields
  read: (reader) => ({
    name: reader.string(maxStringBytes),
    uuid: reader.fixedOpaque(uuidBytes),
    id: reader.int(),
  }),
};

/** Passes over a domain, as {@link domain} reads it. @throws ProtocolError as that does. */
export function skipDomain(reader: XdrReader): void {
  reader.skipString(maxStringBytes);
  reader.skip(uuidBytes);
  reader.int();
}

export const network = struct({ name: text, uuid });

export const storagePool = struct({ name: text, uuid });

export const storageVolume = struct({ pool: text, name: text, key: text });

export const nodeDevice = struct({ name: text });

export const secret = struct({ uuid, usageType: int, usageID: text });

export const domainSnapshot = struct({ name: text, dom: domain });

export const domainCheckpoint = struct({ name: text, dom: domain });

/** Arguments of the many calls that take only a domain. */
export const onlyDomain = struct({ dom: domain });
/** Arguments of the many calls that take a domain and flags. */
export const domainAndFlags = struct({ dom: domain, flags: uint });
/** Arguments of the calls that list everything of a kind. */
export const listAll = struct({ needResults: int, flags: uint });

/** `virTypedParameterType`. */
export const typedParameterType = {
  int: 1,
  uint: 2,
  llong: 3,
  ullong: 4,
  double: 5,
  boolean: 6,
  string: 7,
} as const;

export type TypedValue = number | bigint | boolean | string;

/** A named value that carries its own type. 64-bit values are numbers where exact, else bigints. */
export interface TypedParameter {
  readonly field: string;
  readonly type: number;
  readonly value: TypedValue;
}

/** Parameters in their order, whatever holds them. */
export type TypedParameters = Iterable<TypedParameter> & { readonly length: number };

/** The length of the name, the type, and at least four bytes of value. */
export const minParameterBytes = 12;

export const typedParameter: Codec<TypedParameter> = {
  layout:
    `{field:${text.layout},value:union(type:int)` +
    `{1=int,2=uint,3=hyper,4=uhyper,5=double,6=int,7=${text.layout}}}`,
  minBytes: minParameterBytes,
  read: (reader) => {
    const field = reader.name(maxStringBytes);
    const type = reader.int();
    switch (type) {
      case typedParameterType.int:
        return { field, type, value: reader.int() };
      case typedParameterType.uint:
        return { field, type, value: reader.uint() };
      case typedParameterType.llong:
        return { field, type, value: reader.compactHyper() };
      case typedParameterType.ullong:
        return { field, type, value: reader.compactUhyper() };
      case typedParameterType.double:
        return { field, type, value: reader.double() };
      case typedParameterType.boolean:
        return { field, type, value: reader.int() !== 0 };
      case typedParameterType.string:
        return { field, type, value: reader.string(maxStringBytes) };
      default:
        throw unknownType(type);
    }
  },
  write: (writer, { field, type, value }) => {
    writer.string(field, maxStringBytes);
    writer.int(type);
    switch (type) {
      case typedParameterType.int:
        writer.int(number(value));
        return;
      case typedParameterType.uint:
        writer.uint(number(value));
        return;
      case typedParameterType.llong:
        writer.hyper(integer(value));
        return;
      case typedParameterType.ullong:
        writer.uhyper(integer(value));
        return;
      case typedParameterType.double:
        writer.double(number(value));
        return;
      case typedParameterType.boolean:
        if (typeof value !== 'boolean') {
          throw misfit(value, 'a truth value');
        }
        writer.int(value ? 1 : 0);
        return;
      case typedParameterType.string:
        if (typeof value !== 'string') {
          throw misfit(value, 'a text');
        }
        writer.string(value, maxStringBytes);
        return;
      default:
        throw new ProtocolError(`A parameter cannot have the type ${type}.`);
    }
  },
};

function number(value: TypedValue): number {
  if (typeof value !== 'number') {
    throw misfit(value, 'a number');
  }
  return value;
}

function integer(value: TypedValue): bigint {
  if (typeof value === 'bigint') {
    return value;
  }
  if (!Number.isSafeInteger(value)) {
    throw misfit(value, 'an exact integer');
  }
  return BigInt(value);
}

export function unknownType(type: number): ProtocolError {
  return new ProtocolError(`A parameter has the unknown type ${type}.`);
}

function misfit(value: TypedValue, wanted: string): ProtocolError {
  return new ProtocolError(`A parameter of this type is ${wanted}, not ${value}.`);
}

export function typedParameters(maxCount: number): Codec<readonly TypedParameter[]> {
  return array(typedParameter, maxCount);
}

/** What a daemon sends instead of a result. */
export const remoteErrorCodec = struct({
  code: int,
  domain: int,
  message: optionalText,
  level: int,
  dom: optional(domain),
  str1: optionalText,
  str2: optionalText,
  str3: optionalText,
  int1: int,
  int2: int,
  net: optional(network),
});
