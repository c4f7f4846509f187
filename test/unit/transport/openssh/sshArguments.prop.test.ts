import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sshArguments } from '../../../../src/transport/openssh/sshArguments.ts';
import type { SshTarget } from '../../../../src/transport/ssh/sshTarget.ts';

describe('the words for OpenSSH, whatever a host is called', () => {
  it('hold its name where no option is read, or are refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (alias) => {
        let args: readonly string[];
        try {
          const target = { alias, explicit: {} } as SshTarget;
          const rest = { controlPath: undefined, isBatch: true, command: 'cat' };
          args = sshArguments(target, { ...rest, role: 'guest' });
        } catch {
          return;
        }
        assert.equal(args.at(-2), alias);
        assert.equal(args.at(-3), '--');
        assert.match(alias, /^[^-\s][^\s'"`$\\;&|<>(){}]*$/u);
      }),
    );
  });
});
