import { array, struct, type Codec } from '../xdr/codec.ts';
import type { XdrReader } from '../xdr/reader.ts';
import { ParameterPacker, type PackedParameters } from './packedParameters.ts';
import { ParameterShapes } from './parameterShape.ts';
import {
  domain,
  skipDomain,
  typedParameter,
  type TypedParameters,
  type WireDomain,
} from './types.ts';

/** What a statistics call tells of one domain. */
export interface DomainStats {
  readonly dom: WireDomain;
  /** Packed in replies: `parameterValues` finds one by its name. */
  readonly params: TypedParameters;
}

/** A record of a reply. It keeps the bytes of the whole reply: take what you need, and let it go. */
export class PackedDomainStats implements DomainStats {
  readonly params: PackedParameters;
  readonly #reply: XdrReader;
  readonly #domainAt: number;

  constructor(reply: XdrReader, domainAt: number, params: PackedParameters) {
    this.params = params;
    this.#reply = reply;
    this.#domainAt = domainAt;
  }

  /** Made anew each time. */
  get dom(): WireDomain {
    return domain.read(this.#reply.from(this.#domainAt));
  }
}

const parametersMax = 262_144;

/** Statistics of so many domains: by far the largest of replies, so its records are packed. */
export function domainStatsList(maxCount: number): Codec<readonly DomainStats[]> {
  const record = struct({ dom: domain, params: array(typedParameter, parametersMax) });
  const { layout, minBytes } = array(record, maxCount);
  const shapes = new ParameterShapes();
  function* readInSteps(reader: XdrReader): Generator<undefined, readonly DomainStats[]> {
    const count = reader.count(maxCount, record.minBytes);
    const packer = new ParameterPacker(reader, shapes.root);
    const records: DomainStats[] = [];
    for (let index = 0; index < count; index++) {
      const { offset } = reader;
      skipDomain(reader);
      records.push(new PackedDomainStats(reader, offset, packer.read(parametersMax)));
      yield;
    }
    return records;
  }
  return {
    layout,
    minBytes,
    readInSteps,
    read: (reader) => {
      const steps = readInSteps(reader);
      for (;;) {
        const next = steps.next();
        if (next.done) {
          return next.value;
        }
      }
    },
    write: (writer, records) => {
      writer.count(records.length, maxCount);
      for (const { dom, params } of records) {
        domain.write(writer, dom);
        writer.count(params.length, parametersMax);
        for (const param of params) {
          typedParameter.write(writer, param);
        }
      }
    },
  };
}
