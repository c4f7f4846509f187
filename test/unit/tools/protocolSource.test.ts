import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readHeaderConstants } from '../../tools/protocolSource/headers.ts';
import { camelCase, createResolver } from '../../tools/protocolSource/layout.ts';
import { tokenize } from '../../tools/protocolSource/lexer.ts';
import { parseProtocol } from '../../tools/protocolSource/parser.ts';
import {
  loadProtocolSource,
  protocolFiles,
  resolveProtocol,
} from '../../tools/protocolSource/protocolSource.ts';
import { findProtocolSource } from '../../tools/protocolSource/sourceDir.ts';

const noHeaders = new Map<string, number>();

function resolver(text: string, externals = noHeaders) {
  return createResolver(parseProtocol(text, 'zoo.x'), externals);
}

/** The layout of one field, declared as `declaration`, next to what `context` defines. */
function layoutOf(declaration: string, context = ''): string {
  return resolver(`${context} struct probe { ${declaration}; };`).layout('probe').slice(1, -1);
}

function protocol(text: string) {
  return resolveProtocol(parseProtocol(text, 'zoo.x'), noHeaders);
}

describe('tools/protocolSource', () => {
  describe('tokenize', () => {
    it('leaves out space, comments and passthrough lines, and counts lines through all of them', () => {
      const text = '%#include "x.h" /* not closed\n/* two\nlines */ const // rest\n  A = -0x1F;';
      assert.deepEqual(
        tokenize(text, 'zoo.x').map(({ kind, text, line }) => [kind, text, line]),
        [
          ['name', 'const', 3],
          ['name', 'A', 4],
          ['punctuation', '=', 4],
          ['number', '-0x1F', 4],
          ['punctuation', ';', 4],
          ['end', '', 4],
        ],
      );
    });

    it('gives a documentation comment to the token right after it only', () => {
      const docs = tokenize('/** one */ a b /** two */ /* plain */ c', 'zoo.x').map(
        ({ doc }) => doc,
      );
      assert.deepEqual(docs, ['/** one */', null, null, null]);
    });

    it('names file and line of what it does not know', () => {
      assert.throws(
        () => tokenize('\n  $', 'zoo.x'),
        /^Error: zoo\.x:2: unexpected character "\$"$/,
      );
      assert.throws(() => tokenize('a %b', 'zoo.x'), /zoo\.x:1: unexpected character "%"/);
      assert.throws(
        () => tokenize('a\n/* b', 'zoo.x'),
        /zoo\.x:2: a comment begins here and never/,
      );
    });
  });

  describe('layout', () => {
    it('spells every scalar', () => {
      const scalars: Record<string, string> = {
        int: 'int',
        unsigned: 'uint',
        'unsigned int': 'uint',
        hyper: 'hyper',
        'unsigned hyper': 'uhyper',
        char: 'char',
        'unsigned char': 'uchar',
        short: 'short',
        'unsigned short': 'ushort',
        float: 'float',
        double: 'double',
        bool: 'bool',
      };
      for (const [written, canonical] of Object.entries(scalars)) {
        assert.equal(layoutOf(`${written} legs`), `legs:${canonical}`);
      }
    });

    it('spells strings, opaque bytes, arrays and pointers', () => {
      assert.equal(layoutOf('string cry<12>'), 'cry:string<12>');
      assert.equal(layoutOf('string cry<>'), 'cry:string<4294967295>');
      assert.equal(layoutOf('opaque skin<0x10>'), 'skin:opaque<16>');
      assert.equal(layoutOf('opaque tag[4]'), 'tag:opaque[4]');
      assert.equal(layoutOf('char stripes[3]'), 'stripes:char[3]');
      assert.equal(layoutOf('unsigned hyper weights<7>'), 'weights:uhyper<7>');
      assert.equal(layoutOf('int *mate'), 'mate:int*');
    });

    it('turns field names to camel case and keeps what has no underscore', () => {
      assert.equal(layoutOf('int number_of_legs'), 'numberOfLegs:int');
      assert.equal(layoutOf('int nrLegs'), 'nrLegs:int');
      assert.equal(camelCase('domain_migrate_perform3'), 'domainMigratePerform3');
      assert.equal(camelCase('block_job_2'), 'blockJob2');
    });

    it('expands typedefs, structs and enums, also those defined later', () => {
      const zoo = `
        struct cage { keeper who; struct beast inmates<MAX_BEASTS>; beast *boss; enum mood now; };
        typedef string label<LABEL_MAX>;
        typedef label *keeper;
        const LABEL_MAX = 9;
        const MAX_BEASTS = LABEL_MAX;
        struct beast { label name; opaque id[ID_LENGTH]; };
        enum mood { CALM = 1, WILD };`;
      const resolved = resolver(zoo, new Map([['ID_LENGTH', 2]]));
      assert.equal(
        resolved.layout('cage'),
        '{who:string<9>*,inmates:{name:string<9>,id:opaque[2]}<9>,boss:{name:string<9>,id:opaque[2]}*,now:int}',
      );
      assert.deepEqual(Object.fromEntries(resolved.consts), {
        LABEL_MAX: 9,
        MAX_BEASTS: 9,
        CALM: 1,
        WILD: 2,
      });
    });

    it('sorts the arms of a union by number, with void and default', () => {
      const { layout } = resolver(`
        const FISH = 2;
        union beast switch (int kind_of) {
          case FISH: int fins;
          case 3: case 1: string name<5>;
          case 0: void;
          default: double weight;
        };`);
      assert.equal(
        layout('beast'),
        'union(kindOf:int){0=void,1=string<5>,2=int,3=string<5>,default=double}',
      );
    });

    it('refuses what has no meaning', () => {
      const refused: Record<string, RegExp> = {
        'string cry': /^Error: zoo\.x:1: 'cry' has no size, which string needs$/,
        'string cry[3]': /'cry' has no size, which string needs/,
        'opaque skin': /'skin' has no size, which opaque needs/,
        'int *legs<4>': /^Error: zoo\.x:1: 'legs' is both a pointer and an array$/,
        'tiger tom': /^Error: zoo\.x:1: unknown type 'tiger'$/,
        'int legs[FOUR]': /^Error: zoo\.x:1: unknown constant 'FOUR'$/,
        'probe self': /'probe' is defined by way of itself/,
      };
      for (const [declaration, message] of Object.entries(refused)) {
        assert.throws(() => layoutOf(declaration), message, declaration);
      }
      assert.throws(() => resolver('const A = B; const B = A;'), /'A' is defined by way of itself/);
      assert.throws(
        () => resolver('struct a { int b; };\nstruct a { int b; };'),
        /zoo\.x:2: 'a' is defined twice/,
      );
      assert.throws(() => resolver('const A = 1; enum b { A = 2 };'), /'A' is defined twice/);
    });
  });

  describe('parseProtocol', () => {
    it('says where it stopped and what it expected', () => {
      const refused: Record<string, RegExp> = {
        'program zoo { };': /^Error: zoo\.x:1: expected a definition, found 'program'$/,
        '= 3;': /expected const, enum, struct, union or typedef, found '='/,
        'const A = ;': /expected a number or a constant, found ';'/,
        'const A = 3\nconst B = 4;': /zoo\.x:2: expected ';', found 'const'/,
        'struct a {\n int b;\n': /zoo\.x:3: expected a type, found the end of the file/,
        'struct a { int 3; };': /expected a name, found '3'/,
        'struct a { int b[]; };': /expected a number or a constant, found '\]'/,
        'enum a { B = 1 C = 2 };': /expected ',', found 'C'/,
        'enum a { , };': /expected a member, found ','/,
        'union a switch (int b) { int c; };': /expected case or default, found 'int'/,
      };
      for (const [text, message] of Object.entries(refused)) {
        assert.throws(() => parseProtocol(text, 'zoo.x'), message, text);
      }
    });

    it('allows a comma after the last member', () => {
      const [definition] = parseProtocol('enum a { B = 1, };', 'zoo.x');
      assert.equal(definition?.kind === 'enum' && definition.members.length, 1);
    });
  });

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
