import * as vscode from 'vscode';
import type { LocalHost } from '../../../transport/findLocalHosts.ts';
import type { SshHostName } from '../../../transport/ssh/listSshHosts.ts';
import { askChoice, type Choice, type StepOutcome, type StepPlace } from './quickInput.ts';

/** Looks for the libvirt daemons of this machine; slow ones may be left out when the signal is aborted. */
export type FindLocalHosts = (options: {
  readonly signal: AbortSignal;
}) => Promise<readonly LocalHost[]>;

export interface PlaceStep extends StepPlace {
  /** The name of the host that has a URI. */
  readonly takenUris: ReadonlyMap<string, string>;
}

/** Reads which hosts the user's SSH configuration names. */
export type FindSshHosts = () => Promise<readonly SshHostName[]>;

interface PlaceSources {
  readonly findLocalHosts: FindLocalHosts;
  readonly findSshHosts: FindSshHosts;
}

/** What was found so far; undefined while it is looked for. */
interface Found {
  local: readonly LocalHost[] | undefined;
  ssh: readonly SshHostName[] | undefined;
}

/**
 * Offers what was found on this machine and in the SSH configuration.
 * @returns the URI; undefined in the answer to enter one.
 */
export async function askPlace(
  { takenUris, ...place }: PlaceStep,
  { findLocalHosts, findSshHosts }: PlaceSources,
): Promise<StepOutcome<string | undefined>> {
  const outcome = await askChoice<string>({
    ...place,
    placeholder: vscode.l10n.t('Which libvirt?'),
    fill: (show) => {
      const aborter = new AbortController();
      const { signal } = aborter;
      const found: Found = { local: undefined, ssh: undefined };
      const refresh = (): void => {
        if (!signal.aborted) {
          const local = found.local?.map((host) => toChoice(host, takenUris.get(host.uri)));
          show(choices(found, local, takenUris), {
            busy: !found.local || !found.ssh,
            best: local?.[0],
          });
        }
      };
      refresh();
      // Neither is worth an error here: what was not found can be entered
      findLocalHosts({ signal })
        .catch(() => [])
        .then((hosts) => {
          found.local = hosts;
          refresh();
        })
        .catch(() => undefined);
      findSshHosts()
        .catch(() => [])
        .then((hosts) => {
          found.ssh = hosts;
          refresh();
        })
        .catch(() => undefined);
      return () => {
        aborter.abort();
      };
    },
  });
  return outcome.kind === 'answer' && outcome.answer === ''
    ? { kind: 'answer', answer: undefined }
    : outcome;
}

/** What is always there stays where it is: what is found later must not push it from under a pointer. */
function choices(
  found: Found,
  local: readonly Choice<string>[] | undefined,
  takenUris: ReadonlyMap<string, string>,
): readonly Choice<string>[] {
  const enterUri: Choice<string> = {
    label: vscode.l10n.t('Enter a URI…'),
    iconPath: new vscode.ThemeIcon('edit'),
    description: vscode.l10n.t('another socket, or another machine over SSH'),
    alwaysShow: true,
    value: '',
  };
  const ofSsh = (found.ssh ?? [])
    // Others could not stand in a URI, or would be read as an option
    .filter(({ name }) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    .map((host) => sshChoice(host, takenUris));
  return [
    enterUri,
    separator(vscode.l10n.t('this machine')),
    ...(local ?? [said(vscode.l10n.t('Looking for libvirt on this machine…'))]),
    ...(local?.length === 0 ? [said(vscode.l10n.t('No libvirt was found on this machine'))] : []),
    ...(ofSsh.length === 0 ? [] : [separator(vscode.l10n.t('hosts of your SSH configuration'))]),
    ...ofSsh,
  ];
}

function sshChoice(
  { name, hostName, user, port }: SshHostName,
  takenUris: ReadonlyMap<string, string>,
): Choice<string> {
  const uri = `qemu+ssh://${name}/system`;
  const owner = takenUris.get(uri);
  const destination = [
    user === undefined ? '' : `${user}@`,
    hostName ?? name,
    port === undefined ? '' : `:${port}`,
  ].join('');
  return {
    label: name,
    iconPath: new vscode.ThemeIcon('remote'),
    description: owner === undefined ? destination : vscode.l10n.t('already added as "{0}"', owner),
    detail: uri,
    value: uri,
  };
}

function separator(label: string): Choice<string> {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function toChoice(host: LocalHost, owner: string | undefined): Choice<string> {
  return {
    label: host.label,
    iconPath: new vscode.ThemeIcon('server'),
    description:
      owner === undefined ? describeAccess(host) : vscode.l10n.t('already added as "{0}"', owner),
    detail: host.reason ?? host.uri,
    value: host.uri,
  };
}

function describeAccess({ access, asksPolkit, isRunning }: LocalHost): string {
  if (!isRunning) {
    return vscode.l10n.t('does not run yet, and is started when you connect');
  }
  switch (access) {
    case 'readWrite':
      return asksPolkit ? vscode.l10n.t('asks who you are') : '';
    case 'readOnly':
      return vscode.l10n.t('you may only look');
    case 'none':
      return vscode.l10n.t('you may not use it');
  }
}

function said(text: string): Choice<string> {
  return { label: text, alwaysShow: true };
}
