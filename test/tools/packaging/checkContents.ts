import type { ZipEntry } from './zipEntries.ts';

/** The most bytes that the package may have. */
const maxPackageBytes = 2_000_000;

/** Everything that an installed VM Deck needs; a file that no pattern matches got in by mistake. */
const expected: readonly RegExp[] = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/package(\.nls(\.[\w-]+)?)?\.json$/,
  /^extension\/(readme|changelog)\.md$/i,
  /^extension\/(license|thirdpartynotices)(\.txt|\.md)?$/i,
  /^extension\/dist\/extension\.cjs$/,
  // What later parts load at first use, and the webviews' scripts and styles.
  /^extension\/dist\/(parts|webview)\/[\w/-]+\.(cjs|js|css|ttf)$/,
  /^extension\/media\/[\w/.-]+\.(svg|png|md)$/,
  /^extension\/l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
];

/** Without these it would not run, or not be taken for what it is. */
const required: readonly string[] = [
  ...['extension/package.json', 'extension/package.nls.json', 'extension/dist/extension.cjs'],
  ...['extension/readme.md', 'extension/changelog.md', 'extension/license.txt'],
];

/** What is wrong with a package's contents, a sentence each; empty when nothing is. */
export function checkContents(entries: readonly ZipEntry[], packageBytes: number): string[] {
  const problems = entries
    .filter(({ name }) => !name.endsWith('/') && !expected.some((pattern) => pattern.test(name)))
    .map(({ name }) => `${name} is in the package and nothing needs it: see .vscodeignore`);
  const names = new Set(entries.map(({ name }) => name.toLowerCase()));
  for (const name of required) {
    if (!names.has(name)) {
      problems.push(`${name} is not in the package`);
    }
  }
  if (packageBytes > maxPackageBytes) {
    problems.push(`the package has ${packageBytes} bytes, of ${maxPackageBytes} at most`);
  }
  return problems;
}
