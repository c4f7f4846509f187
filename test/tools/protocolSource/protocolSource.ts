import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readHeaderConstants } from './headers.ts';
import { camelCase, createResolver, type Resolver } from './layout.ts';
import { parseProtocol, type Definition, type EnumMember } from './parser.ts';

/** What the `.x` files say about one procedure, event messages included. */
export interface SourceProcedure {
  readonly program: number;
  /** `remote`, `qemu` or `keepalive`. */
  readonly programName: string;
  readonly number: number;
  readonly argsLayout: string;
  readonly retLayout: string;
  /** The layout of an event's `_msg` struct, null for what is called. */
  readonly messageLayout: string | null;
  readonly highPriority: boolean;
  /** Position of the stream among the arguments of the C function, where data flows to the client. */
  readonly readStream: number | null;
  /** The same where data flows to the daemon. */
  readonly writeStream: number | null;
  /** The access rules a caller must pass, e.g. `domain:start`. */
  readonly acl: readonly string[];
}

/** libvirt's own description of its protocol, resolved. */
export interface ProtocolSource {
  /** By our spelling of the name: `REMOTE_PROC_DOMAIN_GET_XML_DESC` is `domainGetXmlDesc`. */
  readonly procedures: ReadonlyMap<string, SourceProcedure>;
  /** The constants and enum members of the `.x` files. */
  readonly consts: ReadonlyMap<string, number>;
  /** The constants and enum members of libvirt's C headers. */
  readonly headerConsts: ReadonlyMap<string, number>;
  /** `_args`, `_ret` and `_msg` structs that no procedure claims; a sign that names were paired wrongly. */
  readonly unpairedStructs: readonly string[];
  structLayout(name: string): string;
}

/** The files that must be there, relative to the directory of one version. */
export const protocolFiles: readonly string[] = [
  'src/rpc/virnetprotocol.x',
  'src/rpc/virkeepaliveprotocol.x',
  'src/remote/remote_protocol.x',
  'src/remote/qemu_protocol.x',
  'src/libvirt_internal.h',
  'include/libvirt/libvirt-host.h',
  'include/libvirt/libvirt-domain.h',
  'include/libvirt/virterror.h',
];

/** From libvirt-common.h.in, which is made into a header only when libvirt is built. */
const commonConstants: readonly (readonly [string, number])[] = [
  ['VIR_TYPED_PARAM_INT', 1],
  ['VIR_TYPED_PARAM_UINT', 2],
  ['VIR_TYPED_PARAM_LLONG', 3],
  ['VIR_TYPED_PARAM_ULLONG', 4],
  ['VIR_TYPED_PARAM_DOUBLE', 5],
  ['VIR_TYPED_PARAM_BOOLEAN', 6],
  ['VIR_TYPED_PARAM_STRING', 7],
];

/** Reads the protocol from a directory that holds `src/` and `include/` of one libvirt version. */
export function loadProtocolSource(dir: string): ProtocolSource {
  const include = join(dir, 'include/libvirt');
  const headers = readdirSync(include)
    .filter((name) => name.endsWith('.h'))
    .map((name) => join(include, name))
    .concat(join(dir, 'src/libvirt_internal.h'));
  const headerConsts = new Map([
    ...commonConstants,
    ...readHeaderConstants(headers.map((path) => readFileSync(path, 'utf8'))),
  ]);
  const definitions = protocolFiles
    .filter((path) => path.endsWith('.x'))
    .flatMap((path) => parseProtocol(readFileSync(join(dir, path), 'utf8'), basename(path)));
  return resolveProtocol(definitions, headerConsts);
}

/** The same from definitions already parsed. */
export function resolveProtocol(
  definitions: readonly Definition[],
  headerConsts: ReadonlyMap<string, number>,
): ProtocolSource {
  const resolver = createResolver(definitions, headerConsts);
  const unpaired = new Set<string>();
  const procedures = new Map<string, SourceProcedure>();
  for (const definition of definitions) {
    if (definition.kind === 'struct' && /_(?:args|ret|msg)$/.test(definition.name)) {
      unpaired.add(definition.name);
    }
  }
  for (const definition of definitions) {
    const programName = /^(\w+)_procedure$/.exec(definition.name)?.[1];
    if (definition.kind !== 'enum' || programName === undefined) {
      continue;
    }
    for (const member of definition.members) {
      const [name, procedure] = readProcedure(programName, member, resolver, unpaired);
      const other = procedures.get(name);
      if (other !== undefined) {
        throw new Error(`'${name}' is a procedure of ${other.programName} and of ${programName}`);
      }
      procedures.set(name, procedure);
    }
  }
  return {
    procedures,
    consts: resolver.consts,
    headerConsts,
    unpairedStructs: [...unpaired],
    structLayout: (name) => resolver.layout(name),
  };
}

function readProcedure(
  programName: string,
  member: EnumMember,
  resolver: Resolver,
  unpaired: Set<string>,
): [string, SourceProcedure] {
  const prefix = `${programName.toUpperCase()}_PROC_`;
  if (!member.name.startsWith(prefix)) {
    throw new Error(`'${member.name}' does not begin with ${prefix}`);
  }
  const bare = member.name.slice(prefix.length).toLowerCase();
  const layoutOf = (suffix: string): string | null => {
    const struct = `${programName}_${bare}_${suffix}`;
    unpaired.delete(struct);
    return resolver.has(struct) ? resolver.layout(struct) : null;
  };
  const annotations = readAnnotations(member.doc ?? '');
  const offset = (key: string): number | null => {
    const text = annotations.get(key)?.[0];
    return text === undefined ? null : Number(text);
  };
  return [
    camelCase(bare),
    {
      program: constant(resolver, `${programName.toUpperCase()}_PROGRAM`),
      programName,
      number: constant(resolver, member.name),
      argsLayout: layoutOf('args') ?? 'void',
      retLayout: layoutOf('ret') ?? 'void',
      messageLayout: layoutOf('msg'),
      highPriority: annotations.get('priority')?.[0] === 'high',
      readStream: offset('readstream'),
      writeStream: offset('writestream'),
      acl: annotations.get('acl') ?? [],
    },
  ];
}

function constant(resolver: Resolver, name: string): number {
  const value = resolver.consts.get(name);
  if (value === undefined) {
    throw new Error(`unknown constant '${name}'`);
  }
  return value;
}

/** The `@key: value` lines of a comment; a key may occur more than once. */
function readAnnotations(doc: string): Map<string, string[]> {
  const annotations = new Map<string, string[]>();
  for (const [, key = '', value = ''] of doc.matchAll(/@(\w+):[ \t]*(\S+)/g)) {
    annotations.set(key, [...(annotations.get(key) ?? []), value]);
  }
  return annotations;
}
