// The tiers of tests, in the order in which `npm test` runs them. A new one is a new row.

/** What the rig's hosts and guests are made of. */
const rigPackages = [
  ...['libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-daemon-config-network'],
  ...['libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'busybox-static'],
  ...['dnsmasq-base', 'iptables', 'iproute2', 'xz-utils'],
];

/**
 * needs.packages: Debian packages; needs.guestParts: the guests' kernel and agent; needs.libvirtSource: libvirt's
 * protocol files. mocha.files are patterns; mocha.pendingFails: a skipped test is a failure in CI.
 */
export const tiers = {
  check: {
    needs: { packages: ['shellcheck'] },
  },
  unit: {
    needs: { packages: ['xz-utils'], libvirtSource: true },
    mocha: {
      files: ['test/unit/**/*.test.ts'],
      ignore: ['**/*.prop.test.ts'],
      reporter: 'dot',
      timeoutMs: 5_000,
      limitMinutes: 5,
    },
  },
  property: {
    needs: {},
    mocha: {
      files: ['test/unit/**/*.prop.test.ts'],
      reporter: 'dot',
      timeoutMs: 60_000,
      limitMinutes: 10,
    },
  },
  integration: {
    needs: { packages: rigPackages, guestParts: true },
    mocha: {
      files: ['test/integration/**/*.test.ts'],
      reporter: 'spec',
      timeoutMs: 120_000,
      limitMinutes: 45,
      pendingFails: true,
    },
  },
};
