import assert from 'node:assert/strict';
import { parseDoorOptions } from '../../../src/metrics/door/options.ts';

describe('the command line', () => {
  it('says what to do', () => {
    assert.deepEqual(parseDoorOptions(['--uri', 'qemu:///system', '--once']), {
      uris: ['qemu:///system'],
      mode: 'once',
      format: 'text',
      readOnly: false,
    });
    assert.deepEqual(
      parseDoorOptions(['--uri=a:///', '--uri=b:///', '--watch', '--format=json', '--read-only']),
      { uris: ['a:///', 'b:///'], mode: 'watch', format: 'json', readOnly: true },
    );
    assert.equal(parseDoorOptions(['--help']), 'help');
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /at least one host/],
    [['--once'], /at least one host/],
    [['--uri', 'a:///'], /either --once or --watch/],
    [['--uri', 'a:///', '--once', '--watch'], /either --once or --watch/],
    [['--uri', 'a:///', '--uri', 'a:///', '--once'], /named twice/],
    [['--uri', 'a:///', '--once', '--format', 'xml'], /"xml"/],
    [['--uri', 'a:///', '--once', '--nonsense'], /nonsense/],
    [['--uri', 'a:///', '--once', 'stray'], /stray/],
  ];
  for (const [args, sentence] of wrong) {
    it(`refuses "${args.join(' ')}"`, () => {
      const result = parseDoorOptions(args);
      assert.ok(typeof result === 'object' && 'wrong' in result);
      assert.match(result.wrong, sentence);
    });
  }
});
