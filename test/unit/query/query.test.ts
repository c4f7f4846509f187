import assert from 'node:assert/strict';
import { completeQuery } from '../../../src/query/completeQuery.ts';
import { compileQuery, type QuerySubject } from '../../../src/query/matchQuery.ts';
import { parseQuery } from '../../../src/query/parseQuery.ts';
import { statesOf, toggleState } from '../../../src/query/toggleState.ts';

const web: QuerySubject = {
  name: 'web-01',
  host: 'lab-1',
  state: 'running',
  addresses: ['10.0.3.7', 'fd00::7'],
  autostart: true,
  vcpus: 2,
  cpuPercent: 93.4,
  memoryPercent: 90,
  memoryUsedBytes: 3.6 * 1024 ** 3,
  allocatedBytes: 4 * 1024 ** 3,
  readBytes: 1_500_000,
  writeBytes: 0,
  requests: 120,
  receiveBytes: undefined,
  transmitBytes: undefined,
};

function matches(text: string, subject: QuerySubject = web): boolean {
  const query = parseQuery(text);
  assert.deepEqual(query.problems, [], text);
  return compileQuery(query)(subject);
}

/** Each problem with the part of the text it is about. */
function problems(text: string): readonly (readonly [string, string])[] {
  return parseQuery(text).problems.map(
    ({ start, end, message, args }) =>
      [
        text.slice(start, end),
        message.replaceAll(/\{(\d)\}/g, (_, index: string) => args[Number(index)] ?? ''),
      ] as const,
  );
}

describe('the filter query', () => {
  it('meets a VM where all terms hold', () => {
    for (const text of [
      '',
      '  ',
      'web',
      'WEB 01',
      'web-*',
      '*-01',
      'w*0*1',
      '"web-01"',
      '"WEB-01"',
      'name:web',
      'host:lab*',
      'host:lab-1,lab-2',
      'host:"lab-1"',
      'state:running',
      'State:Running,paused',
      'ip:10.0.*',
      'ip:fd00',
      'autostart:yes',
      'cpu>80',
      'cpu>=93%',
      'cpu<=94 cpu<100%',
      'cpu=93',
      'cpu:93',
      'vcpus=2',
      'mem>=90%',
      'mem>3.5GiB',
      'mem>3.5g',
      'allocated=4096MiB',
      'allocated>4GB',
      'read>1.4MB/s',
      'read>1400kB',
      'write=0',
      'iops>100',
      '-db -host:test -cpu>99 -in>1',
      'state:running host:lab* cpu>80 mem>=90% ip:10.0.* -host:test "web-01"',
    ]) {
      assert.equal(matches(text), true, text);
    }
  });

  it('does not meet a VM where one term does not hold', () => {
    for (const text of [
      'db',
      'web state:off',
      '"web"',
      '"web-*"',
      'web*0',
      'w*1*1',
      '-web',
      'host:lab-2,lab-3',
      'state:paused,off,crashed,saved,asleep,unknown,not-answering',
      'ip:10.1.*',
      'autostart:no',
      'cpu>93.4',
      'cpu<93',
      'mem>3.6GiB',
      'allocated>4GiB',
      'in>=0',
      'out<1k',
    ]) {
      assert.equal(matches(text), false, text);
    }
  });

  it('knows states by the words people use', () => {
    assert.ok(matches('state:asleep', { ...web, state: 'sleeping' }));
    assert.ok(matches('state:sleeping', { ...web, state: 'sleeping' }));
    assert.ok(matches('state:not-answering', { ...web, state: 'notAnswering' }));
  });

  it('takes what is quoted as it is', () => {
    const odd = { ...web, name: String.raw`a "b" \c, -d:e*` };
    assert.ok(matches(String.raw`"a \"b\" \\c, -d:e*"`, odd));
    assert.ok(matches(String.raw`name:"a \"b\" \\c, -d:e*",x`, odd));
    assert.ok(!matches('"a* "', odd));
  });

  it('names what is wrong, and where', () => {
    assert.deepEqual(problems('web staet:off'), [
      ['staet', 'There is no field "staet". Put the whole in quotes if it is part of a name.'],
    ]);
    assert.deepEqual(problems('state:of'), [
      [
        'of',
        '"of" is nothing that "state" can be: running, paused, asleep, sleeping, saved, off, crashed, not-answering, unknown.',
      ],
    ]);
    assert.deepEqual(problems('cpu> web'), [['cpu>', '"cpu" needs a value.']]);
    assert.deepEqual(problems('cpu>much'), [['much', '"much" is no number such as 80%.']]);
    assert.deepEqual(problems('cpu>1GiB'), [
      ['1GiB', '"cpu" is not measured so: write a number such as 80%.'],
    ]);
    assert.deepEqual(problems('mem>1iB'), [['1iB', '"1iB" is no number such as 80%, 1.5GiB.']]);
    assert.deepEqual(problems('cpu>1,2'), [['2', '"cpu" is compared with one number only.']]);
    assert.deepEqual(problems('host>lab'), [
      ['host', '"host" is no number: write a colon after it.'],
    ]);
    assert.deepEqual(problems('x -'), [
      ['-', 'A minus needs something after it, without a blank between.'],
    ]);
    assert.deepEqual(problems('host:"lab'), [['"lab', 'The quotes are not closed.']]);
  });

  it('says of a field that nothing fills yet that this is so', () => {
    assert.deepEqual(problems('tag:db health:bad'), [
      ['tag', 'Nothing tells "tag" of a VM yet.'],
      ['health', 'Nothing tells "health" of a VM yet.'],
    ]);
  });

  it('lets the other terms stand beside a problem', () => {
    const query = parseQuery('web cpu> state:running');
    assert.equal(query.terms.length, 2);
    assert.ok(compileQuery(query)(web));
    assert.ok(!compileQuery(query)({ ...web, name: 'db' }));
  });
});

describe('completing a query', () => {
  const values = { name: ['web-01', 'old db'], host: ['lab-1', 'lab-2', 'test'], ip: ['10.0.0.1'] };
  const complete = (marked: string): readonly string[] => {
    const caret = marked.indexOf('|');
    const text = marked.replace('|', '');
    const { start, end, items } = completeQuery(text, caret, (field) => values[field]);
    return items.map((item) => `${text.slice(0, start)}${item.text}${text.slice(end)}`);
  };

  it('offers fields whose values something tells', () => {
    assert.deepEqual(complete('s|'), ['state:']);
    assert.deepEqual(complete('web -ho|'), ['web -host:']);
    assert.deepEqual(complete('a m| b'), ['a mem> b']);
    assert.deepEqual(complete('t|'), []);
    assert.ok(complete('|').includes('cpu>'));
  });

  it('offers the values of a field, also after a comma', () => {
    assert.deepEqual(complete('state:pa|'), ['state:paused']);
    assert.deepEqual(complete('state:off,cr|'), ['state:off,crashed']);
    assert.deepEqual(complete('-host:2|'), ['-host:lab-2']);
    assert.deepEqual(complete('cpu>8|'), []);
  });

  it('quotes a value that has to be', () => {
    assert.deepEqual(complete('name:old|'), ['name:"old db"']);
    assert.deepEqual(complete('name:"old d|'), ['name:"old db"']);
  });
});

describe('the states of a query', () => {
  const words = { running: 'running', notAnswering: 'not-answering' };

  it('are those it asks for, not those it keeps out', () => {
    assert.deepEqual([...statesOf('web state:running,not-answering')], ['running', 'notAnswering']);
    assert.deepEqual([...statesOf('-state:off cpu>8')], []);
  });

  it('are added and taken away, and the rest stays', () => {
    assert.equal(toggleState('', 'running', words), 'state:running');
    assert.equal(toggleState('web -state:off', 'running', words), 'web -state:off state:running');
    assert.equal(
      toggleState('a state:running b', 'notAnswering', words),
      'a state:running,not-answering b',
    );
    assert.equal(toggleState('a state:running b', 'running', words), 'a b');
  });
});
