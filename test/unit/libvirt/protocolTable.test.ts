import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import type { Clock } from '../../../src/base/clock.ts';
import { toDisposable } from '../../../src/base/disposable.ts';
import { silentLog } from '../../../src/base/log.ts';
import { Connection } from '../../../src/libvirt/connection.ts';
import * as constants from '../../../src/libvirt/constants.ts';
import { errorCode } from '../../../src/libvirt/errors.ts';
import * as frame from '../../../src/libvirt/frame.ts';
import { program, type StreamDirection } from '../../../src/libvirt/protocol/procedure.ts';
import { eventMessages, procedures } from '../../../src/libvirt/protocol/table.ts';
import * as types from '../../../src/libvirt/protocol/types.ts';
import {
  loadProtocolSource,
  type ProtocolSource,
  type SourceProcedure,
} from '../../tools/protocolSource/protocolSource.ts';
import { findProtocolSource } from '../../tools/protocolSource/sourceDir.ts';

/** Fails once with everything that differs, so that one run shows all there is to correct. */
function assertNone(differences: readonly string[]): void {
  if (differences.length > 0) {
    assert.fail(`differs from libvirt's own files:\n${differences.join('\n')}`);
  }
}

/** One line per property of a row that libvirt describes otherwise. */
function compareRow(
  name: string,
  ours: Readonly<Record<string, number | string>>,
  theirs: Readonly<Record<string, number | string | null>>,
): string[] {
  return Object.entries(ours)
    .filter(([property, value]) => theirs[property] !== value)
    .map(
      ([property, value]) =>
        `${name} ${property}\n    ours:   ${value}\n    theirs: ${theirs[property] ?? 'none'}`,
    );
}

/** libvirt says where a stream begins in one direction only, even if bytes then flow in both. */
function streamFits(ours: StreamDirection | undefined, theirs: SourceProcedure): boolean {
  const reads = theirs.readStream !== null;
  const writes = theirs.writeStream !== null;
  switch (ours) {
    case undefined:
      return !reads && !writes;
    case 'read':
      return reads;
    case 'write':
      return writes;
    case 'both':
      return reads || writes;
  }
}

function repeated(values: readonly (number | string)[]): (number | string)[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('libvirt/protocol, against the protocol files of libvirt', () => {
  let source: ProtocolSource;
  before(() => {
    source = loadProtocolSource(findProtocolSource());
  });

  it('pairs every argument and result struct of libvirt with a procedure', () => {
    assert.ok(source.procedures.size > 400, `only ${source.procedures.size} procedures`);
    assert.deepEqual(source.unpairedStructs, []);
  });

  describe('procedures', () => {
    it('have the number, the layouts and the stream that libvirt gives them', () => {
      assert.ok(procedures.length > 0);
      assertNone(
        procedures.flatMap((row) => {
          const theirs = source.procedures.get(row.name);
          if (theirs === undefined) {
            return [`${row.name}: libvirt has no such procedure`];
          }
          const { args, ret } = row;
          const differences = compareRow(
            row.name,
            { program: row.program, number: row.number, args: args.layout, ret: ret.layout },
            {
              program: theirs.program,
              number: theirs.number,
              args: theirs.argsLayout,
              ret: theirs.retLayout,
            },
          );
          return streamFits(row.stream, theirs)
            ? differences
            : [...differences, `${row.name}: its stream is not '${row.stream ?? 'none'}'`];
        }),
      );
    });

    it('are listed once each', () => {
      assert.deepEqual(repeated(procedures.map(({ name }) => name)), []);
    });
  });

  describe('event messages', () => {
    it('have the number and the layout that libvirt gives them', () => {
      assert.ok(eventMessages.length > 0);
      assertNone(
        eventMessages.flatMap((row) => {
          const theirs = source.procedures.get(row.name);
          if (theirs === undefined) {
            return [`${row.name}: libvirt has no such message`];
          }
          return compareRow(
            row.name,
            { program: row.program, number: row.number, message: row.message.layout },
            { program: theirs.program, number: theirs.number, message: theirs.messageLayout },
          );
        }),
      );
    });

    it('are listed once each', () => {
      assert.deepEqual(repeated(eventMessages.map(({ name }) => name)), []);
    });
  });

  describe('frame', () => {
    it('has the sizes of virnetprotocol.x', () => {
      const { consts } = source;
      assert.equal(frame.maxMessageBytes, consts.get('VIR_NET_MESSAGE_MAX'));
      assert.equal(frame.lengthBytes, consts.get('VIR_NET_MESSAGE_LEN_MAX'));
      assert.equal(frame.headerBytes, consts.get('VIR_NET_MESSAGE_HEADER_MAX'));
      assert.equal(frame.maxStreamChunkBytes, consts.get('VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX'));
      assert.equal(types.maxStringBytes, consts.get('REMOTE_STRING_MAX'));
    });

    it('writes the header in the order of virNetMessageHeader', () => {
      const layout = source.structLayout('virNetMessageHeader');
      const values = { prog: 11, proc: 13, type: 14, serial: 15, status: 16 };
      const bytes = frame.encodeFrame({
        program: values.prog,
        procedure: values.proc,
        type: values.type,
        serial: values.serial,
        status: values.status,
      });
      const fields = [...layout.matchAll(/(\w+):(?:int|uint)(?=[,}])/g)].map(([, name]) => name!);
      assert.equal(fields.length * 4, frame.headerBytes, layout);
      assert.equal(bytes.readUInt32BE(0), frame.lengthBytes + frame.headerBytes);
      assert.deepEqual(
        Object.fromEntries(
          fields.map((name, index) => [name, bytes.readInt32BE(frame.lengthBytes + index * 4)]),
        ),
        { ...values, vers: source.consts.get('REMOTE_PROTOCOL_VERSION') },
      );
    });

    it('reads errors as both descriptions of them say', () => {
      assert.equal(types.remoteErrorCodec.layout, source.structLayout('remote_error'));
      assert.equal(types.remoteErrorCodec.layout, source.structLayout('virNetMessageError'));
    });
  });

  describe('keepalive', () => {
    let connection: Connection;
    afterEach(() => {
      connection.close();
    });

    function openConnection() {
      const timers: (() => void)[] = [];
      let time = 0;
      const clock: Clock = {
        now: () => time,
        monotonic: () => time,
        after: (_delayMs, action) => {
          timers.push(action);
          return toDisposable(() => undefined);
        },
        soon: setImmediate,
      };
      const [near, far] = duplexPair();
      connection = new Connection(near, { clock, log: silentLog });
      return { far, silence: () => ((time += 1e6), timers.shift()?.()) };
    }

    async function nextHeader(far: NodeJS.ReadableStream) {
      const [chunk] = (await once(far, 'data')) as [Buffer];
      return [...new frame.FrameDecoder().push(chunk)].map(({ header }) => header);
    }

    function header(procedure: string): frame.Header {
      return {
        program: source.consts.get('KEEPALIVE_PROGRAM')!,
        procedure: source.consts.get(procedure)!,
        type: source.consts.get('VIR_NET_MESSAGE')!,
        serial: 0,
        status: source.consts.get('VIR_NET_OK')!,
      };
    }

    it("answers libvirt's ping with libvirt's pong", async () => {
      const { far } = openConnection();
      far.write(frame.encodeFrame(header('KEEPALIVE_PROC_PING')));
      assert.deepEqual(await nextHeader(far), [header('KEEPALIVE_PROC_PONG')]);
    });

    it("asks with libvirt's ping", async () => {
      const { far, silence } = openConnection();
      silence();
      assert.deepEqual(await nextHeader(far), [header('KEEPALIVE_PROC_PING')]);
    });
  });

  describe('constants', () => {
    /** Bare of case and word boundaries: that is all our spelling and libvirt's differ in. */
    const bare = (name: string) => name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();

    /** Compares each entry with libvirt's constant of that prefix and name; `renamed` are those we call otherwise. */
    function differences(
      prefix: string,
      ours: Readonly<Record<string, number>>,
      renamed: Readonly<Record<string, string>> = {},
    ): string[] {
      const theirs = new Map<string, number>();
      for (const [name, value] of [...source.headerConsts, ...source.consts]) {
        if (name.startsWith(prefix)) {
          theirs.set(bare(name.slice(prefix.length)), value);
        }
      }
      return Object.entries(ours)
        .map(([name, value]) => ({ name, value, found: theirs.get(bare(renamed[name] ?? name)) }))
        .filter(({ value, found }) => value !== found)
        .map(
          ({ name, value, found }) => `${prefix}: ${name} is ${found ?? 'unknown'}, not ${value}`,
        );
    }

    const numbered = (names: readonly string[]) =>
      Object.fromEntries(names.map((name, index) => [name, index]));

    it('of the wire are those of the protocol files', () => {
      assertNone([
        ...differences('VIR_NET_', frame.messageType),
        ...differences('VIR_NET_', frame.messageStatus),
        ...differences('VIR_TYPED_PARAM_', types.typedParameterType),
        ...differences('REMOTE_AUTH_', constants.authType),
        ...differences('', program, { remote: 'REMOTE_PROGRAM', keepalive: 'KEEPALIVE_PROGRAM' }),
      ]);
    });

    it('of the interface are those of the headers', () => {
      const { listResources } = constants;
      assertNone([
        ...differences('VIR_ERR_', errorCode, {
          invalidArgument: 'INVALID_ARG',
          noStorageVolume: 'NO_STORAGE_VOL',
        }),
        ...differences('VIR_DRV_FEATURE_', constants.daemonFeature, {
          keepalive: 'PROGRAM_KEEPALIVE',
          closeCallback: 'REMOTE_CLOSE_CALLBACK',
        }),
        ...differences('VIR_DOMAIN_', numbered(constants.domainStates)),
        ...differences('VIR_DOMAIN_EVENT_', constants.domainLifecycle),
        ...differences('VIR_DOMAIN_EVENT_ID_', constants.domainEventId),
        ...differences('VIR_NETWORK_EVENT_ID_', constants.networkEventId),
        ...differences('VIR_STORAGE_POOL_EVENT_ID_', constants.storagePoolEventId),
        ...differences('VIR_NODE_DEVICE_EVENT_ID_', constants.nodeDeviceEventId),
        ...differences('VIR_SECRET_EVENT_ID_', constants.secretEventId),
        ...differences('VIR_CONNECT_LIST_DOMAINS_', constants.listDomains),
        ...differences('VIR_CONNECT_LIST_NETWORKS_', listResources),
        ...differences('VIR_CONNECT_LIST_STORAGE_POOLS_', listResources),
        ...differences('VIR_DOMAIN_STATS_', constants.statsGroup),
        ...differences('VIR_CONNECT_GET_ALL_DOMAINS_STATS_', { noWait: constants.statsNoWait }),
        ...differences('VIR_DOMAIN_XML_', constants.domainXmlFlag),
        ...differences('VIR_DOMAIN_UNDEFINE_', constants.undefineFlag),
        ...differences('VIR_DOMAIN_CONTROL_', constants.controlState),
        ...differences('VIR_DOMAIN_AFFECT_', constants.affect),
        ...differences('VIR_DOMAIN_METADATA_', constants.metadataType),
        ...differences('VIR_DOMAIN_JOB_', constants.jobType),
        ...differences('VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_', constants.addressSource),
        ...differences('VIR_CONNECT_', { ro: constants.connectReadOnly }),
      ]);
    });

    it('of the reasons of a state count as the headers do', () => {
      const renamed = {
        'event wakeup': 'WAKEUP',
        migrating: 'MIGRATION',
        saving: 'SAVE',
        dumping: 'DUMP',
        'creating snapshot': 'SNAPSHOT',
      };
      assertNone(
        Object.entries(constants.domainStateReasons).flatMap(([state, reasons]) =>
          differences(`VIR_DOMAIN_${state.toUpperCase()}_`, numbered(reasons), renamed),
        ),
      );
    });
  });
});
