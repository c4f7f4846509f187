import assert from 'node:assert/strict';
import fc from 'fast-check';
import { completeQuery } from '../../../src/query/completeQuery.ts';
import { queryFields } from '../../../src/query/fields.ts';
import { compileQuery, type QuerySubject } from '../../../src/query/matchQuery.ts';
import { parseQuery } from '../../../src/query/parseQuery.ts';

/** Texts with much of what means something in a query. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from('-"\\*:,<>=% \t.019abkKiB')),
    fc.constantFrom(...Object.keys(queryFields), 'running', 'GiB'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

const figure = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
const subject: fc.Arbitrary<QuerySubject> = fc.record({
  name: fc.string({ minLength: 1 }),
  host: fc.string({ minLength: 1 }),
  state: fc.constantFrom('running', 'off'),
  addresses: fc.array(fc.ipV4(), { maxLength: 2 }),
  autostart: fc.boolean(),
  vcpus: figure,
  cpuPercent: figure,
  memoryPercent: figure,
  memoryUsedBytes: figure,
  allocatedBytes: figure,
  readBytes: figure,
  writeBytes: figure,
  requests: figure,
  receiveBytes: figure,
  transmitBytes: figure,
});

const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

describe('any text as a query', () => {
  it('is taken apart into terms and problems that stand in it, in their order and apart', () => {
    fc.assert(
      fc.property(text, (written) => {
        const { terms, problems } = parseQuery(written);
        for (const { start, end } of [...terms, ...problems]) {
          assert.ok(start >= 0 && start < end && end <= written.length);
          assert.ok(written.slice(start, end).trim() !== '');
        }
        let at = 0;
        for (const { start, end } of terms) {
          assert.ok(start >= at);
          at = end;
        }
        assert.ok(written.trim() === '' || terms.length + problems.length > 0);
      }),
    );
  });

  it('means the same whatever stands around a term that is understood', () => {
    fc.assert(
      fc.property(text, (written) => {
        const { terms } = parseQuery(written);
        for (const { start, end, condition, isNegated } of terms) {
          const alone = parseQuery(written.slice(start, end));
          assert.deepEqual(
            alone.terms.map((term) => [term.condition, term.isNegated]),
            [[condition, isNegated]],
          );
        }
      }),
    );
  });

  it('meets a VM if and only if every term does, and a minus turns a term round', () => {
    fc.assert(
      fc.property(text, subject, (written, vm) => {
        const query = parseQuery(written);
        const each = query.terms.map((term) => compileQuery({ terms: [term], problems: [] })(vm));
        assert.equal(compileQuery(query)(vm), each.every(Boolean));
        for (const term of query.terms) {
          const turned = { ...term, isNegated: !term.isNegated };
          const one = { terms: [term], problems: [] };
          assert.notEqual(compileQuery({ ...one, terms: [turned] })(vm), compileQuery(one)(vm));
        }
      }),
    );
  });

  it('finds a VM by its quoted name, and by its name with a star for any part', () => {
    fc.assert(
      fc.property(subject, fc.nat(), fc.nat(), (vm, from, length) => {
        assert.ok(compileQuery(parseQuery(quote(vm.name)))(vm));
        assert.ok(compileQuery(parseQuery(`name:${quote(vm.name)}`))(vm));
        const start = from % (vm.name.length + 1);
        const cut = `${vm.name.slice(0, start)}*${vm.name.slice(start + (length % 4))}`;
        if (/^[^\s":<>=,-][^\s:<>=,]*$/.test(cut)) {
          assert.ok(compileQuery(parseQuery(cut))(vm), cut);
        }
      }),
    );
  });

  it('is completed at any caret by what is understood at that place', () => {
    const known = { name: ['a b', 'c"d', 'e'], host: ['lab'], ip: ['10.0.0.1'] };
    fc.assert(
      fc.property(text, fc.nat(), (written, at) => {
        const caret = at % (written.length + 1);
        const { start, end, items } = completeQuery(written, caret, (field) => known[field]);
        assert.ok(start >= 0 && start <= end && end === caret);
        for (const { text: item } of items) {
          assert.ok(item !== '');
        }
      }),
    );
  });
});
