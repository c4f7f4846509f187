// The tiers of tests, in the order in which `npm test` runs them. A new one is a new row.

/** What the rig's hosts and guests are made of. */
const rigPackages = [
  ...['libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-daemon-config-network'],
  ...['libvirt-clients', 'qemu-system-x86', 'qemu-utils', 'busybox-static'],
  // What has to accept the simulated daemon, and what judges its XML
  ...['prometheus-libvirt-exporter', 'libxml2-utils'],
  ...['dnsmasq-base', 'iptables', 'iproute2', 'xz-utils', 'bindfs'],
  ...['openssh-server', 'openssh-client', 'netcat-openbsd'],
  ...['krb5-kdc', 'krb5-admin-server', 'krb5-user', 'softhsm2', 'openssh-tests'],
];

/**
 * needs.packages: Debian packages; needs.guestParts: the guests' kernel and agent; needs.libvirtSource: libvirt's
 * protocol files; needs.workbench: a VS Code, where `always` means the one in the cache folder and `unlessDesktop` only
 * where no desktop VS Code is to be had. waits: it mostly waits for daemons and guests, and runs beside the next ones; alone:
 * nothing else runs meanwhile. mocha.files are patterns; mocha.pendingFails: a skipped test is a failure in CI; mocha.launcher: what
 * runs the tests of mocha.folder where mocha does not run by itself.
 */
export const tiers = {
  check: {
    needs: { packages: ['shellcheck'] },
  },
  integration: {
    waits: true,
    needs: { packages: rigPackages, guestParts: true },
    mocha: {
      files: ['test/integration/**/*.test.ts'],
      reporter: 'spec',
      timeoutMs: 120_000,
      limitMinutes: 45,
      pendingFails: true,
    },
  },
  unit: {
    needs: { packages: ['xz-utils', 'openssh-client', 'netcat-openbsd'], libvirtSource: true },
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
  webview: {
    needs: { packages: ['chromium', 'fonts-dejavu-core'] },
    mocha: {
      files: ['test/webview/**/*.test.ts'],
      reporter: 'spec',
      timeoutMs: 60_000,
      limitMinutes: 10,
      pendingFails: true,
    },
  },
  vscode: {
    needs: { workbench: 'unlessDesktop' },
    mocha: {
      folder: 'test/vscode',
      launcher: 'test/tools/vscodeTier/main.ts',
      reporter: 'spec',
      timeoutMs: 60_000,
      limitMinutes: 15,
      pendingFails: true,
    },
  },
  e2e: {
    alone: true,
    needs: { packages: rigPackages, guestParts: true, workbench: 'always' },
    mocha: {
      files: ['test/e2e/**/*.test.ts'],
      reporter: 'spec',
      // A workbench takes about 10 s to start, and far longer on a machine with other work.
      timeoutMs: 180_000,
      limitMinutes: 30,
      pendingFails: true,
    },
  },
};
