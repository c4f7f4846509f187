import * as fs from 'node:fs';
import { DemoProcess } from '../../tools/demo/demoProcess.ts';
import { startRigHost } from '../../tools/rig/rigHost.ts';
import { describeDaemon } from './suite.ts';

describeDaemon("libvirt's test driver", async () => {
  const host = await startRigHost({ name: 'testdriver' });
  return {
    uri: host.testUri,
    definition: `<domain type='test'><name>conformance</name><memory unit='MiB'>128</memory>
      <vcpu>1</vcpu><os><type>hvm</type></os></domain>`,
    lacks: new Set(['figures', 'stateCodes'] as const),
    close: () => host.stop(),
  };
});

describeDaemon('the QEMU driver', async () => {
  const host = await startRigHost({ name: 'qemu' });
  const guest = await host.defineGuest({ name: 'conformance' });
  const definition = (await host.mustVirsh('dumpxml', '--inactive', guest.name)).replace(
    /<uuid>.*<\/uuid>/,
    '',
  );
  await host.mustVirsh('undefine', guest.name);
  fs.accessSync(guest.diskPath);
  return {
    uri: host.uri,
    definition,
    lacks: new Set(),
    close: () => host.stop(),
  };
});

describeDaemon('the simulated daemon', async () => {
  const demo = await DemoProcess.start({ vms: 3 });
  return {
    uri: demo.uri,
    definition: `<domain type='qemu'><name>conformance</name><memory unit='MiB'>128</memory>
      <vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>
      <devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
          <source file='/var/lib/libvirt/images/conformance.qcow2'/><target dev='vda' bus='virtio'/></disk>
        <serial type='pty'/><memballoon model='virtio'/>
      </devices></domain>`,
    lacks: new Set(),
    close: async () => {
      await demo.stop();
    },
  };
});
