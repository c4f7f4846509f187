import assert from 'node:assert/strict';
import { suggestName } from '../../../../src/extension/hosts/suggestName.ts';
import { parseHostUri } from '../../../../src/libvirt/uri.ts';

describe('the name offered for a host', () => {
  const suggest = (uri: string, ...taken: string[]): string =>
    suggestName(parseHostUri(uri), 'desk.example.org', new Set(taken));

  it("is its machine's, with what tells it from others there", () => {
    assert.equal(suggest('qemu:///system'), 'desk');
    assert.equal(suggest('qemu:///session'), 'desk (session)');
    assert.equal(suggest('test:///default'), 'desk (test)');
    assert.equal(suggest('qemu+ssh://root@lab-1.example.org/system'), 'lab-1');
    assert.equal(suggestName(parseHostUri('qemu:///system'), '', new Set()), 'host');
  });

  it('is not taken', () => {
    assert.equal(suggest('qemu:///system', 'desk', 'desk 2'), 'desk 3');
  });
});
