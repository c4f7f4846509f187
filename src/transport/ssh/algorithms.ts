import { matchesWildcards } from './knownHosts.ts';

/** What our own client can do, in its order of preference (those of ssh2, without the weak ones). */
export const ownAlgorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  macs: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha1-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
    'hmac-sha1',
  ],
  hostKeys: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
} as const;

/** Weak ones, which are used only where the configuration names them. */
const onRequest: Readonly<Record<keyof typeof ownAlgorithms, readonly string[]>> = {
  kex: [
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group1-sha1',
  ],
  ciphers: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  macs: ['hmac-md5', 'hmac-sha2-256-96', 'hmac-sha2-512-96', 'hmac-sha1-96', 'hmac-md5-96'],
  hostKeys: ['ssh-rsa', 'ssh-dss'],
};

/**
 * The algorithms that a configuration leaves us with.
 * @param list comma-separated, perhaps with `+`, `-` or `^` in front, as OpenSSH writes what is changed of the default
 * @returns empty if we can do none of them
 */
export function chooseAlgorithms(
  sort: keyof typeof ownAlgorithms,
  list: string | undefined,
): readonly string[] {
  const own: readonly string[] = ownAlgorithms[sort];
  if (list === undefined || list === '') {
    return own;
  }
  const operator = /^[+^-]/.exec(list)?.[0];
  const named = list.slice(operator?.length ?? 0).split(',');
  const able = [...own, ...onRequest[sort]];
  switch (operator) {
    case '-':
      return own.filter((name) => !named.some((pattern) => matchesWildcards(name, pattern)));
    case '+':
      return [...own, ...named.filter((name) => able.includes(name) && !own.includes(name))];
    case '^':
      return [...new Set([...named.filter((name) => able.includes(name)), ...own])];
    default:
      // Which ciphers is the user's to say; their order is ours, whose fast ones are not OpenSSH's
      return sort === 'ciphers'
        ? able.filter((name) => named.includes(name))
        : named.filter((name) => able.includes(name));
  }
}

/** The type of key that a signature algorithm is made with. */
export function keyTypeOfAlgorithm(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}
