import { access } from 'node:fs/promises';
import { TransportError } from '../../libvirt/errors.ts';
import type { HostUri } from '../../libvirt/uri.ts';
import { chooseAlgorithms } from './algorithms.ts';
import { askOpenSsh } from './askOpenSsh.ts';
import { expandPath, expandTokens, type TokenValues } from './expandTokens.ts';
import { hasAuthority, knownHostsName, knownKeyTypes } from './knownHosts.ts';
import { kerberosMethod } from './kerberosTicket.ts';
import { readKnownHosts } from './knownHostsFiles.ts';
import { readSshConfig } from './readSshConfig.ts';
import type { SshEnvironment } from './sshEnvironment.ts';
import type { SshQuestion, SshSettings } from './sshSettings.ts';
import { splitWords } from './splitWords.ts';
import type { SshTarget } from './sshTarget.ts';

const maxJumps = 8;
const defaultKeys = ['id_rsa', 'id_ecdsa', 'id_ed25519'];

/**
 * Finds out how to reach the machine that a URI names: the URI first, then the user's SSH configuration.
 * @throws TransportError of kind `sshConfig` if the configuration cannot be followed, CancelledError
 */
export async function resolveTarget(
  uri: HostUri,
  environment: SshEnvironment,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<SshTarget> {
  const { keyfile, known_hosts: knownHostsFile } = uri.parameters;
  return resolve({ alias: uri.host ?? '', user: uri.user, port: uri.port }, environment, {
    signal,
    jump: undefined,
    depth: 0,
    keyFile: keyfile,
    knownHostsFile,
  });
}

interface Resolving {
  readonly signal: AbortSignal | undefined;
  /** The machines to go through, whatever the configuration of this one says. */
  readonly jump: readonly SshQuestion[] | undefined;
  readonly depth: number;
  readonly keyFile: string | undefined;
  readonly knownHostsFile: string | undefined;
}

async function resolve(
  question: SshQuestion,
  environment: SshEnvironment,
  options: Resolving,
): Promise<SshTarget> {
  checkWords(question);
  const asked = await askOpenSsh(question, environment, options.signal);
  const read = asked ? undefined : await readSshConfig(question, environment);
  const config = new Config(question, asked ?? read?.settings ?? new Map(), environment);
  const { one, values } = config;
  const jump = await resolveJump(question, one('proxyjump'), environment, options);
  const proxyCommand = options.jump === undefined && !jump ? one('proxycommand') : undefined;
  const partial: Omit<SshTarget, 'unsupported'> = {
    alias: question.alias,
    hostName: values.hostName,
    port: values.port,
    user: values.user,
    explicit: {
      user: question.user,
      port: question.port,
      keyFile: options.keyFile,
      knownHostsFile: options.knownHostsFile,
    },
    configFile: environment.configFile,
    ...identities(
      options.keyFile,
      config.paths('identityfile'),
      isYes(one('identitiesonly')),
      environment,
    ),
    identityAgent: agentOf(config, environment),
    certificateFiles: config.paths('certificatefile'),
    preferredAuthentications: config.list(
      'preferredauthentications',
      'publickey,keyboard-interactive,password',
    ),
    allowsKerberos: allowsKerberos(one, environment),
    numberOfPasswordPrompts: number(one('numberofpasswordprompts'), 3),
    batchMode: isYes(one('batchmode')),
    jump,
    proxyCommand:
      proxyCommand === undefined ? undefined : expandTokens(proxyCommand, values, environment),
    hostKeyName: values.hostKeyAlias?.toLowerCase() ?? knownHostsName(values.hostName, values.port),
    ...knownHostsFiles(config, options.knownHostsFile),
    strictHostKeyChecking: strictness(one('stricthostkeychecking')),
    hashKnownHosts: isYes(one('hashknownhosts')),
    connectTimeoutMs: seconds(one('connecttimeout')),
    serverAliveIntervalMs: seconds(one('serveraliveinterval')) ?? 0,
    serverAliveCountMax: number(one('serveralivecountmax'), 3),
    addressFamily: family(one('addressfamily')),
    bindAddress: one('bindaddress'),
    compression: isYes(one('compression')),
    algorithms: {
      kex: chooseAlgorithms('kex', one('kexalgorithms')),
      ciphers: chooseAlgorithms('ciphers', one('ciphers')),
      macs: chooseAlgorithms('macs', one('macs')),
      hostKeys: chooseAlgorithms('hostKeys', one('hostkeyalgorithms')),
    },
    notes: notesOn(config.settings),
    hasOpenSsh: asked !== undefined,
  };
  const unsupported = [
    ...(read?.unsupported ?? []),
    ...unsupportedSettings(one),
    ...beyondOurs(partial),
    ...(await certificates(partial)),
    ...(jump?.unsupported ?? []).map((reason) => `${jump?.alias ?? ''}: ${reason}`),
  ];
  return { ...partial, unsupported };
}

/** What a configuration says about one host, ready to be read. */
class Config {
  readonly settings: SshSettings;
  readonly values: TokenValues;
  readonly #environment: SshEnvironment;

  constructor(question: SshQuestion, settings: SshSettings, environment: SshEnvironment) {
    this.settings = settings;
    this.#environment = environment;
    const bare: TokenValues = {
      alias: question.alias,
      hostName: question.alias,
      port: question.port ?? number(this.one('port'), 22),
      user: question.user ?? this.one('user') ?? environment.user,
      hostKeyAlias: this.one('hostkeyalias'),
      jump: this.one('proxyjump') ?? '',
    };
    const hostName = expandTokens(this.one('hostname') ?? question.alias, bare, environment);
    this.values = { ...bare, hostName };
  }

  /** The value that counts; `none` is none. */
  readonly one = (keyword: string): string | undefined => {
    const value = this.settings.get(keyword)?.[0];
    return value === undefined || value.toLowerCase() === 'none' ? undefined : value;
  };

  list(keyword: string, otherwise: string): readonly string[] {
    return (this.one(keyword) ?? otherwise).split(',');
  }

  /** Of a keyword that may be given more than once. */
  paths(keyword: string): readonly string[] {
    return this.#expand(this.settings.get(keyword) ?? []);
  }

  /** Of a keyword that names several files at once. */
  files(keyword: string, otherwise: readonly string[]): readonly string[] {
    return this.#expand(this.settings.get(keyword)?.[0]?.split(' ') ?? otherwise);
  }

  #expand(paths: readonly string[]): readonly string[] {
    return paths
      .filter((path) => path.toLowerCase() !== 'none')
      .map((path) => expandPath(path, this.values, this.#environment));
  }
}

function knownHostsFiles(
  config: Config,
  named: string | undefined,
): Pick<SshTarget, 'userKnownHostsFiles' | 'globalKnownHostsFiles'> {
  return named === undefined
    ? {
        userKnownHostsFiles: config.files('userknownhostsfile', ['~/.ssh/known_hosts']),
        globalKnownHostsFiles: config.files('globalknownhostsfile', ['/etc/ssh/ssh_known_hosts']),
      }
    : { userKnownHostsFiles: [named], globalKnownHostsFiles: [] };
}

/** What of the resolved target our own client has no means for. */
function beyondOurs({
  proxyCommand,
  algorithms,
}: Omit<SshTarget, 'unsupported'>): readonly string[] {
  const withoutAny = Object.entries(algorithms)
    .filter(([, names]) => names?.length === 0)
    .map(([sort]) => `None of the ${sort} that the SSH configuration names can be used.`);
  return proxyCommand === undefined || splitWords(proxyCommand)?.length
    ? withoutAny
    : [...withoutAny, 'The ProxyCommand of the SSH configuration needs a shell.'];
}

/** Words that a program or a shell could take for something else are refused, as OpenSSH does. */
function checkWords({ alias, user }: SshQuestion): void {
  for (const [what, word] of [
    ['host', alias],
    ['user', user ?? 'x'],
  ] as const) {
    if (word === '' || /^-|[\s'"`$\\;&<>|(){}\u0000-\u001f\u007f]/.test(word)) {
      throw new TransportError(
        'unsupported',
        `"${word}" cannot be the name of a ${what}: it begins with "-", or has spaces, quotes or other signs that a shell would take for something else.`,
      );
    }
  }
}

/** The last machine before this one, with those before it. */
async function resolveJump(
  question: SshQuestion,
  configured: string | undefined,
  environment: SshEnvironment,
  { jump, depth, signal }: Resolving,
): Promise<SshTarget | undefined> {
  const hops = jump ?? (configured === undefined ? [] : configured.split(',').map(parseHop));
  const last = hops.at(-1);
  if (!last) {
    return undefined;
  }
  if (depth >= maxJumps) {
    throw new TransportError(
      'sshConfig',
      `The way to ${question.alias} leads through more than ${maxJumps} machines: a ProxyJump in the SSH configuration may lead back to itself.`,
    );
  }
  return resolve(last, environment, {
    signal,
    // The first machine of a list is reached as its own configuration says
    jump: hops.length > 1 ? hops.slice(0, -1) : undefined,
    depth: depth + 1,
    keyFile: undefined,
    knownHostsFile: undefined,
  });
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`. */
function parseHop(text: string): SshQuestion {
  const match =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@]+|[^@]*:[^@]*:[^@]*?))(?::(\d+))?\/?$/.exec(
      text.trim(),
    );
  const [, user, bracketed, plain, port] = match ?? [];
  const alias = bracketed ?? plain;
  if (alias === undefined) {
    throw new TransportError(
      'sshConfig',
      `The ProxyJump "${text}" in the SSH configuration cannot be read; it should look like user@host:port.`,
    );
  }
  return { alias, user, port: port === undefined ? undefined : Number(port) };
}

function identities(
  keyFile: string | undefined,
  configured: readonly string[],
  identitiesOnly: boolean,
  { home, credentialKeyFile }: SshEnvironment,
): Pick<SshTarget, 'identityFiles' | 'identitiesOnly'> {
  if (keyFile !== undefined) {
    // Whoever names a key means it: others would only use up the server's patience
    return { identityFiles: [keyFile.replace(/^~(?=[\\/])/, home)], identitiesOnly: true };
  }
  const files =
    configured.length > 0 ? configured : defaultKeys.map((name) => `${home}/.ssh/${name}`);
  return {
    identityFiles: credentialKeyFile === undefined ? files : [credentialKeyFile, ...files],
    identitiesOnly,
  };
}

function agentOf(config: Config, environment: SshEnvironment): string | undefined {
  if (config.settings.get('identityagent')?.[0]?.toLowerCase() === 'none') {
    return undefined;
  }
  const configured = config.one('identityagent');
  if (configured === undefined || configured === 'SSH_AUTH_SOCK') {
    return environment.agent;
  }
  return configured.startsWith('$') && !configured.startsWith('${')
    ? environment.variables[configured.slice(1)]
    : expandPath(configured, config.values, environment);
}

/** Windows keeps tickets in a way of its own, with no program that tells whether there is one. */
function allowsKerberos(
  one: (keyword: string) => string | undefined,
  { platform }: SshEnvironment,
): boolean {
  const preferred = one('preferredauthentications')?.split(',') ?? [kerberosMethod];
  return (
    platform !== 'win32' && isYes(one('gssapiauthentication')) && preferred.includes(kerberosMethod)
  );
}

/** What our own client cannot do and must not leave out: it would not get in, or less safely. */
function unsupportedSettings(one: (keyword: string) => string | undefined): readonly string[] {
  const reasons: readonly (readonly [string, string])[] = [
    ['pkcs11provider', 'keys of a smart card (PKCS11Provider)'],
    ['knownhostscommand', 'host keys told by a program (KnownHostsCommand)'],
    ['revokedhostkeys', 'a list of revoked host keys (RevokedHostKeys)'],
  ];
  return [
    ...reasons
      .filter(([keyword]) => one(keyword) !== undefined)
      .map(([, what]) => `The SSH configuration asks for ${what}.`),
    ...(isYes(one('proxyusefdpass'))
      ? ['The SSH configuration asks for a proxy that passes a socket (ProxyUseFdpass).']
      : []),
  ];
}

/** Certificates of the user, and of hosts that are known by no key of their own. */
async function certificates(
  target: Pick<
    SshTarget,
    | 'certificateFiles'
    | 'identityFiles'
    | 'hostKeyName'
    | 'userKnownHostsFiles'
    | 'globalKnownHostsFiles'
  >,
): Promise<readonly string[]> {
  const reasons: string[] = [];
  const beside = target.identityFiles.map((file) => `${file}-cert.pub`);
  for (const file of [...target.certificateFiles, ...beside]) {
    if (await exists(file)) {
      reasons.push(`There is a certificate for your key: ${file}.`);
    }
  }
  const entries = await readKnownHosts([
    ...target.userKnownHostsFiles,
    ...target.globalKnownHostsFiles,
  ]);
  if (
    hasAuthority(entries, target.hostKeyName) &&
    knownKeyTypes(entries, target.hostKeyName).size === 0
  ) {
    reasons.push(`${target.hostKeyName} is known by a certificate authority only.`);
  }
  return reasons;
}

/** What our own client leaves out, and gets in all the same. */
function notesOn(settings: SshSettings): readonly string[] {
  const has = (keyword: string): boolean => {
    const value = settings.get(keyword)?.[0]?.toLowerCase();
    return value !== undefined && !['none', 'no', 'false', '0', ''].includes(value);
  };
  const notes: readonly (readonly [string, string])[] = [
    ['localforward', 'LocalForward'],
    ['remoteforward', 'RemoteForward'],
    ['dynamicforward', 'DynamicForward'],
    ['remotecommand', 'RemoteCommand'],
    ['verifyhostkeydns', 'VerifyHostKeyDNS'],
    ['hostbasedauthentication', 'HostbasedAuthentication'],
  ];
  const named = notes.filter(([keyword]) => has(keyword)).map(([, name]) => name);
  return named.length === 0
    ? []
    : [`Of the SSH configuration, this is left out: ${named.join(', ')}.`];
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function isYes(value: string | undefined): boolean {
  return value !== undefined && ['yes', 'true'].includes(value.toLowerCase());
}

function number(value: string | undefined, otherwise: number): number {
  const found = Number(value);
  return value !== undefined && Number.isInteger(found) && found >= 0 ? found : otherwise;
}

/** A time as OpenSSH writes it, `90`, `2m` or `1m30s`, in milliseconds. */
function seconds(value: string | undefined): number | undefined {
  if (value === undefined || !/^(\d+[smhdw]?)+$/i.test(value)) {
    return undefined;
  }
  const units: Readonly<Record<string, number>> = {
    '': 1,
    s: 1,
    m: 60,
    h: 3_600,
    d: 86_400,
    w: 604_800,
  };
  let sum = 0;
  for (const [, amount = '0', unit = ''] of value.matchAll(/(\d+)([smhdw]?)/gi)) {
    sum += Number(amount) * (units[unit.toLowerCase()] ?? 1);
  }
  return sum * 1_000;
}

function family(value: string | undefined): SshTarget['addressFamily'] {
  return value === 'inet' || value === 'inet6' ? value : 'any';
}

function strictness(value: string | undefined): SshTarget['strictHostKeyChecking'] {
  switch (value?.toLowerCase()) {
    case 'yes':
    case 'true':
      return 'yes';
    case 'accept-new':
      return 'accept-new';
    case 'no':
    case 'false':
    case 'off':
      return 'no';
    default:
      return 'ask';
  }
}
