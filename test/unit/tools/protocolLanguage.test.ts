import assert from 'node:assert/strict';
import { camelCase, createResolver } from '../../tools/protocolSource/layout.ts';
import { tokenize } from '../../tools/protocolSource/lexer.ts';
import { parseProtocol } from '../../tools/protocolSource/parser.ts';

const noHeaders = new Map<string, number>();

function resolver(text: string, externals = noHeaders) {
  return createResolver(parseProtocol(text, 'zoo.x'), externals);
}

/** The layout of a struct's one field. */
function layoutOf(declaration: string): string {
  return resolver(`struct probe { ${declaration}; };`).layout('probe').slice(1, -1);
}

describe('tools/protocolSource, the language', () => {
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
});
