/**
 * What a configuration says about one host: values by keyword in small letters. Keywords that may be given more
 * than once have all their values in order, others the one that counts.
 */
export type SshSettings = ReadonlyMap<string, readonly string[]>;

/** Keywords of which every occurrence counts. */
export const repeatedKeywords: ReadonlySet<string> = new Set([
  'identityfile',
  'certificatefile',
  'localforward',
  'remoteforward',
  'dynamicforward',
  'sendenv',
  'setenv',
]);

/** What the URI itself says about a host, which goes before any configuration. */
export interface SshQuestion {
  readonly alias: string;
  readonly user: string | undefined;
  readonly port: number | undefined;
}
