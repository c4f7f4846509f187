import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readHeaderConstants } from '../../tools/protocolSource/headers.ts';
import { parseProtocol } from '../../tools/protocolSource/parser.ts';
import {
  loadProtocolSource,
  protocolFiles,
  resolveProtocol,
} from '../../tools/protocolSource/protocolSource.ts';
import { findProtocolSource } from '../../tools/protocolSource/sourceDir.ts';

const noHeaders = new Map<string, number>();

function protocol(text: string) {
  return resolveProtocol(parseProtocol(text, 'zoo.x'), noHeaders);
}

describe('tools/protocolSource', () => {
  describe('resolveProtocol', () => {
    const text = `
      const ZOO_PROGRAM = 0x2000;
      struct zoo_feed_all_args { int need_results; };
      struct zoo_feed_all_ret { unsigned fed; };
      struct zoo_event_escape_msg { int callbackID; };
      enum zoo_procedure {
          /* A long explanation with @priority: high
           */
          /**
           * @generate: both
           * @priority: high
           * @acl: zoo:read
           * @acl: zoo:feed:!HUNGRY|FULL
           */
          ZOO_PROC_FEED_ALL = 1,
          /**
           * @generate: none
           * @priority: low
           * @readstream: 2
           * @writestream: 1
           */
          ZOO_PROC_WATCH = 2,
          ZOO_PROC_EVENT_ESCAPE = 3
      };`;

    it('pairs procedures with their structs and reads their annotations', () => {
      const source = protocol(text);
      assert.deepEqual([...source.procedures.keys()], ['feedAll', 'watch', 'eventEscape']);
      assert.deepEqual(source.procedures.get('feedAll'), {
        program: 0x2000,
        programName: 'zoo',
        number: 1,
        argsLayout: '{needResults:int}',
        retLayout: '{fed:uint}',
        messageLayout: null,
        highPriority: true,
        readStream: null,
        writeStream: null,
        acl: ['zoo:read', 'zoo:feed:!HUNGRY|FULL'],
      });
      const watch = source.procedures.get('watch');
      assert.equal(watch?.argsLayout, 'void');
      assert.equal(watch.retLayout, 'void');
      assert.equal(watch.highPriority, false);
      assert.equal(watch.readStream, 2);
      assert.equal(watch.writeStream, 1);
      assert.equal(source.procedures.get('eventEscape')?.messageLayout, '{callbackID:int}');
      assert.equal(source.structLayout('zoo_feed_all_ret'), '{fed:uint}');
      assert.equal(source.consts.get('ZOO_PROC_WATCH'), 2);
      assert.deepEqual(source.unpairedStructs, []);
    });

    it('tells of argument structs that belong to no procedure', () => {
      const source = protocol(`${text} struct zoo_close_args { int now; };`);
      assert.deepEqual(source.unpairedStructs, ['zoo_close_args']);
    });

    it('refuses procedures it cannot place', () => {
      assert.throws(
        () => protocol('const ZOO_PROGRAM = 1; enum zoo_procedure { FEED = 1 };'),
        /'FEED' does not begin with ZOO_PROC_/,
      );
      assert.throws(
        () => protocol('enum zoo_procedure { ZOO_PROC_FEED = 1 };'),
        /unknown constant 'ZOO_PROGRAM'/,
      );
      assert.throws(
        () =>
          protocol(`${text} const PARK_PROGRAM = 2; enum park_procedure { PARK_PROC_WATCH = 1 };`),
        /'watch' is a procedure of zoo and of park/,
      );
    });
  });

  describe('readHeaderConstants', () => {
    it('reads macros and enums across files', () => {
      const constants = readHeaderConstants([
        `typedef enum {
           Z_A, /* = 7, { */
           Z_B = Z_D,
           Z_C,
           # ifdef SENTINELS
           Z_LAST // }
           # endif
         } z;`,
        `# define Z_D (1 << 4) | 3
         #define Z_E \\
            (0x100UL + 1)
         enum y { Z_F = (1U << 31), Z_G = -1, Z_H, Z_I = 2 * (7 - 1) >> 1, };`,
      ]);
      assert.deepEqual(Object.fromEntries(constants), {
        Z_A: 0,
        Z_B: 19,
        Z_C: 20,
        Z_LAST: 21,
        Z_D: 19,
        Z_E: 257,
        Z_F: 2 ** 31,
        Z_G: -1,
        Z_H: 0,
        Z_I: 6,
      });
    });

    it('leaves out what is no integer, rather than guess', () => {
      const constants = readHeaderConstants([
        `#define Z_TEXT "3"
         #define Z_MAX(a) 3
         #define Z_CAST ((int) 3)
         #define Z_LOOP Z_LOOP
         #define Z_OPEN (3
         enum { Z_A = UNKNOWN, Z_B, Z_C = 5, Z_D };`,
      ]);
      assert.deepEqual(Object.fromEntries(constants), { Z_C: 5, Z_D: 6 });
    });
  });

  describe('findProtocolSource and loadProtocolSource', () => {
    let root = '';
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'protocol-source-'));
    });
    afterEach(() => {
      rmSync(root, { recursive: true });
    });

    function put(version: string, path: string, text = ''): void {
      const file = join(root, '.cache/libvirt-source', version, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }

    it('takes the highest complete version', () => {
      for (const version of ['9.0.0', '10.2.0']) {
        protocolFiles.forEach((path) => {
          put(version, path);
        });
      }
      put('11.0.0', protocolFiles[0]!);
      assert.equal(findProtocolSource(root), join(root, '.cache/libvirt-source/10.2.0'));
    });

    it('says what to do when there is nothing or not all of it', () => {
      assert.throws(
        () => findProtocolSource(root),
        /is not in \.cache\/libvirt-source\/: run `npm test`/,
      );
      protocolFiles.slice(1).forEach((path) => {
        put('9.0.0', path);
      });
      assert.throws(
        () => findProtocolSource(root),
        /in \.cache\/libvirt-source\/9\.0\.0\/ lacks src\/rpc\/virnetprotocol\.x: delete that directory and run/,
      );
    });

    it('reads all files of a directory as one protocol', () => {
      protocolFiles.forEach((path) => {
        put('1', path);
      });
      put('1', 'include/libvirt/libvirt-host.h', '# define VIR_UUID_BUFLEN (16)');
      put(
        '1',
        'src/remote/remote_protocol.x',
        `typedef opaque remote_uuid[VIR_UUID_BUFLEN];
         union remote_value switch (int type) { case VIR_TYPED_PARAM_STRING: int i; };
         struct remote_wake_args { remote_uuid uuid; remote_value value; };
         const REMOTE_PROGRAM = 5;
         enum remote_procedure { REMOTE_PROC_WAKE = 1 };`,
      );
      put(
        '1',
        'src/remote/qemu_protocol.x',
        `struct qemu_attach_ret { remote_uuid uuid; };
         const QEMU_PROGRAM = 6;
         enum qemu_procedure { QEMU_PROC_ATTACH = 1 };`,
      );
      const { procedures, headerConsts } = loadProtocolSource(findProtocolSource(root));
      assert.equal(
        procedures.get('wake')?.argsLayout,
        '{uuid:opaque[16],value:union(type:int){7=int}}',
      );
      assert.equal(procedures.get('attach')?.retLayout, '{uuid:opaque[16]}');
      assert.equal(procedures.get('attach')?.program, 6);
      assert.equal(headerConsts.get('VIR_UUID_BUFLEN'), 16);
    });
  });
});
