import assert from 'node:assert/strict';
import { parseDemoOptions } from '../../../src/demo/demoOptions.ts';

describe('demo/demoOptions', () => {
  it('reads what a world is to be like and what is to fail', () => {
    const options = parseDemoOptions(
      ['--socket', '/tmp/d', '--vms', '3', '--seed', '7', '--events-per-second', '2'].concat(
        ...['--stuck', 'a', '--stuck', 'b', '--slow', 'domainCreate=50', '--refuse', 'domainReset'],
      ),
    );
    assert.deepEqual(options, {
      socket: '/tmp/d',
      vms: 3,
      seed: 7,
      eventsPerSecond: 2,
      stuck: ['a', 'b'],
      ignoring: [],
      slow: [['domainCreate', 50]],
      refused: ['domainReset'],
    });
    assert.equal(parseDemoOptions(['--help']), 'help');
  });

  for (const [args, wrong] of [
    [[], /--socket/],
    [['--socket', 's', '--vms', 'many'], /whole number/],
    [['--socket', 's', '--vms', '20000'], /16384/],
    [['--socket', 's', '--slow', 'x'], /--slow/],
    [['--socket', 's', '--nope'], /nope/],
  ] as const) {
    it(`says what is wrong with "${args.join(' ')}"`, () => {
      const options = parseDemoOptions(args);
      assert.ok(typeof options === 'object' && 'wrong' in options);
      assert.match(options.wrong, wrong);
    });
  }
});
