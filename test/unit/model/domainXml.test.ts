import assert from 'node:assert/strict';
import { readDomainXml } from '../../../src/model/domainXml.ts';

const full = `<?xml version="1.0"?>
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web</name>
  <title>Web &amp; mail</title>
  <description>
    Two
    lines
  </description>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
      <libosinfo:os id="http://fedoraproject.org/fedora/40"/>
    </libosinfo:libosinfo>
  </metadata>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='/images/a &lt;b&gt;.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='volume' device='disk'><source pool='default' volume='v1'/><target dev='vdb'/></disk>
    <disk type='network' device='disk'><source protocol='rbd' name='pool/image'><host name='mon'/></source><target dev='vdc'/></disk>
    <disk type='block' device='lun'><source dev='/dev/sdx'/><target dev='sda'/></disk>
    <disk type='file' device='cdrom'><target dev='sdb'/><readonly/></disk>
    <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/><model type='virtio'/></interface>
    <interface type='bridge'><source bridge='br0'/></interface>
    <interface type='user'/>
    <graphics type='vnc' port='5900'/>
    <graphics type='spice'/>
  </devices>
</domain>`;

describe('a definition, read for people', () => {
  it('tells of disks, interfaces, graphics and what people wrote', () => {
    const disk = { device: 'disk', format: undefined, isReadOnly: false };
    assert.deepEqual(readDomainXml(full), {
      title: 'Web & mail',
      description: 'Two\n    lines',
      osId: 'http://fedoraproject.org/fedora/40',
      disks: [
        { ...disk, target: 'vda', source: '/images/a <b>.qcow2', format: 'qcow2' },
        { ...disk, target: 'vdb', source: 'default/v1' },
        { ...disk, target: 'vdc', source: 'rbd:pool/image' },
        { ...disk, device: 'lun', target: 'sda', source: '/dev/sdx' },
        { ...disk, device: 'cdrom', target: 'sdb', source: undefined, isReadOnly: true },
      ],
      interfaces: [
        { mac: '52:54:00:00:00:01', model: 'virtio', source: 'network default' },
        { mac: undefined, model: undefined, source: 'bridge br0' },
        { mac: undefined, model: undefined, source: 'user' },
      ],
      graphics: ['vnc', 'spice'],
    });
  });

  it('may be empty', () => {
    assert.deepEqual(readDomainXml('<domain><title/></domain>'), {
      title: undefined,
      description: undefined,
      osId: undefined,
      disks: [],
      interfaces: [],
      graphics: [],
    });
  });

  it('must be XML', () => {
    assert.throws(() => readDomainXml('<domain>'), SyntaxError);
  });
});
