import assert from 'node:assert/strict';
import { parseDemoOptions, usage } from '../../../src/demo/demoOptions.ts';
import { parseHostUri } from '../../../src/libvirt/uri.ts';

describe('demo/demoOptions', () => {
  it('reads what a world is to be like and what is to fail', () => {
    const options = parseDemoOptions(
      ['--socket', '/tmp/d', '--vms', '3', '--seed', '7', '--events-per-second', '2'].concat(
        ...['--stuck', 'web-01', '--stuck', 'db-01@10-30', '--crash', 'dns-01@1.5'],
        ...['--slow', 'domainCreate=50', '--refuse', 'domainReset', '--drop-every', '60'],
        ...['--ignore-shutdown', 'web-01'],
      ),
    );
    assert.deepEqual(options, {
      socket: '/tmp/d',
      vms: 3,
      seed: 7,
      eventsPerSecond: 2,
      faults: {
        stuck: [
          { name: 'web-01', fromMs: 0, untilMs: undefined },
          { name: 'db-01', fromMs: 10_000, untilMs: 30_000 },
        ],
        crashing: [{ name: 'dns-01', fromMs: 1_500, untilMs: undefined }],
        ignoring: ['web-01'],
        slow: [['domainCreate', 50]],
        refused: ['domainReset'],
        dropEveryMs: 60_000,
      },
    });
    assert.equal(parseDemoOptions(['--help']), 'help');
  });

  for (const [args, wrong] of [
    [[], /--socket/],
    [['--socket', 's', '--vms', 'many'], /whole number/],
    [['--socket', 's', '--vms', '20000'], /16384/],
    [['--socket', 's', '--slow', 'x'], /slow is "x"/],
    [['--socket', 's', '--stuck', 'a@soon'], /"soon" should be a number of seconds/],
    [['--socket', 's', '--crash', 'a@1-2'], /a crash has no end/],
    [['--socket', 's', '--drop-every', '-1'], /drop-every/],
    [['--socket', 's', '--nope'], /nope/],
  ] as const) {
    it(`says what is wrong with "${args.join(' ')}"`, () => {
      const options = parseDemoOptions(args);
      assert.ok(typeof options === 'object' && 'wrong' in options);
      assert.match(options.wrong, wrong);
    });
  }

  it('documents every option', () => {
    for (const name of ['stuck', 'crash', 'ignore-shutdown', 'slow', 'refuse', 'drop-every']) {
      assert.ok(usage.includes(`--${name} `), name);
      assert.ok(parseHostUri(`demo:///default?${name}=x`).parameters[name] === 'x', name);
    }
  });
});
