import * as vscode from 'vscode';
import type { LocalHost } from '../../../transport/findLocalHosts.ts';
import { askChoice, type Choice, type StepOutcome, type StepPlace } from './quickInput.ts';

/** Looks for the libvirt daemons of this machine; slow ones may be left out when the signal is aborted. */
export type FindLocalHosts = (options: {
  readonly signal: AbortSignal;
}) => Promise<readonly LocalHost[]>;

export interface PlaceStep extends StepPlace {
  /** The name of the host that has a URI. */
  readonly takenUris: ReadonlyMap<string, string>;
}

/** Offers what was found on this machine. @returns the URI; undefined in the answer to enter one. */
export async function askPlace(
  { takenUris, ...place }: PlaceStep,
  { findLocalHosts }: { readonly findLocalHosts: FindLocalHosts },
): Promise<StepOutcome<string | undefined>> {
  const enterUri: Choice<string> = {
    label: vscode.l10n.t('Enter a URI…'),
    iconPath: new vscode.ThemeIcon('edit'),
    description: vscode.l10n.t('another socket of this machine'),
    alwaysShow: true,
    value: '',
  };
  const outcome = await askChoice<string>({
    ...place,
    placeholder: vscode.l10n.t('Which libvirt?'),
    fill: (show) => {
      const aborter = new AbortController();
      // What is always there stays where it is: what is found later must not push it from under a pointer
      show([enterUri, said(vscode.l10n.t('Looking for libvirt on this machine…'))], { busy: true });
      findLocalHosts({ signal: aborter.signal }).then(
        (found) => {
          if (aborter.signal.aborted) {
            return;
          }
          const offers = found.map((host) => toChoice(host, takenUris.get(host.uri)));
          show(
            offers.length === 0
              ? [enterUri, said(vscode.l10n.t('No libvirt was found on this machine'))]
              : [enterUri, ...offers],
            { busy: false, best: offers[0] },
          );
        },
        () => {
          if (!aborter.signal.aborted) {
            show([enterUri], { busy: false });
          }
        },
      );
      return () => {
        aborter.abort();
      };
    },
  });
  return outcome.kind === 'answer' && outcome.answer === ''
    ? { kind: 'answer', answer: undefined }
    : outcome;
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

function describeAccess({ access, asksPolkit }: LocalHost): string {
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
