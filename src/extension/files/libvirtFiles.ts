import * as vscode from 'vscode';
import { DisposableStore, toDisposable, type Disposable } from '../../base/disposable.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { isActive } from '../../model/domain.ts';
import type { DefinitionChange, DefinitionKey, Definitions } from './definitions.ts';
import {
  encodeSegment,
  formatDocumentPath,
  parseDocumentPath,
  type FolderPath,
} from './documentPath.ts';
import type { FailedDocuments } from './failedDocuments.ts';
import type { Pictures } from './pictures.ts';

export interface LibvirtFilesOptions {
  readonly inventory: Inventory;
  readonly definitions: Definitions;
  readonly pictures: Pictures;
  readonly failed: FailedDocuments;
}

/** A document that the editor has open or watches. */
interface Followed {
  readonly uri: vscode.Uri;
  readonly key: DefinitionKey;
  count: number;
  readonly watch: Disposable;
}

const changeTypes: Readonly<Record<DefinitionChange['kind'], vscode.FileChangeType>> = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
};

/**
 * The `libvirt:` file system: definitions of VMs and pictures of their screens, as documents that can only be
 * read.
 */
export class LibvirtFiles implements vscode.FileSystemProvider, vscode.Disposable {
  readonly #options: LibvirtFilesOptions;
  readonly #disposables = new DisposableStore();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  /** By URI: several may lead to the same definition, by names it had. */
  readonly #followed = new Map<string, Followed>();

  readonly onDidChangeFile = this.#changed.event;

  constructor(options: LibvirtFilesOptions) {
    this.#options = options;
    this.#disposables.add(this.#changed);
    this.#disposables.add(options.definitions.onDidChange(this.#tell));
    this.#disposables.add(
      vscode.workspace.registerFileSystemProvider('libvirt', this, {
        isCaseSensitive: true,
        isReadonly: new vscode.MarkdownString(
          vscode.l10n.t(
            'This is what libvirt says of the VM. VM Deck cannot change it from here yet; `virsh edit` can, and this document follows.',
          ),
        ),
      }),
    );
    this.#followOpenDocuments();
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const path = parseDocumentPath(uri.path);
    switch (path?.kind) {
      case 'definition': {
        const { bytes, createdAt, changedAt } = await this.#readDefinition(uri, path);
        return fileStat(bytes, createdAt, changedAt);
      }
      case 'picture': {
        const picture = this.#options.pictures.get(path);
        if (picture) {
          return fileStat(picture.bytes, picture.takenAt, picture.takenAt);
        }
        throw pictureGone();
      }
      case 'folder':
        return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
      case undefined:
        throw vscode.FileSystemError.FileNotFound(uri);
    }
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const path = parseDocumentPath(uri.path);
    switch (path?.kind) {
      case 'definition':
        return (await this.#readDefinition(uri, path)).bytes;
      case 'picture': {
        const picture = this.#options.pictures.get(path);
        if (picture) {
          return picture.bytes;
        }
        throw pictureGone();
      }
      case 'folder':
        throw vscode.FileSystemError.FileIsADirectory(uri);
      case undefined:
        throw vscode.FileSystemError.FileNotFound(uri);
    }
  }

  readDirectory(uri: vscode.Uri): [string, vscode.FileType][] {
    const path = parseDocumentPath(uri.path);
    switch (path?.kind) {
      case 'folder':
        return this.#entries(path);
      case 'definition':
      case 'picture':
        throw vscode.FileSystemError.FileNotADirectory(uri);
      case undefined:
        throw vscode.FileSystemError.FileNotFound(uri);
    }
  }

  watch(uri: vscode.Uri): vscode.Disposable {
    const path = parseDocumentPath(uri.path);
    return path?.kind === 'definition'
      ? this.#follow(uri, path)
      : new vscode.Disposable(() => undefined);
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.#disposables.dispose();
  }

  async #readDefinition(
    uri: vscode.Uri,
    key: DefinitionKey,
  ): Promise<{ bytes: Uint8Array; createdAt: number; changedAt: number }> {
    const { definitions, failed } = this.#options;
    const read = await definitions.read(key);
    if (read.kind === 'unavailable') {
      failed.add(uri, key.host, read.reason);
    } else {
      failed.delete(uri);
    }
    switch (read.kind) {
      case 'found':
        return read;
      case 'absent':
        throw vscode.FileSystemError.FileNotFound(uri);
      case 'unavailable':
        throw vscode.FileSystemError.Unavailable(read.reason);
    }
  }

  #entries({ host, uuid, isLive }: FolderPath): [string, vscode.FileType][] {
    const { inventory } = this.#options;
    if (host === undefined) {
      return inventory.hosts.map(({ name }) => [encodeSegment(name), vscode.FileType.Directory]);
    }
    const domains = inventory.session(host)?.snapshot.domains;
    if (uuid === undefined) {
      return [...(domains?.keys() ?? [])].map((key) => [key, vscode.FileType.Directory]);
    }
    const domain = domains?.get(uuid);
    if (!domain) {
      return [];
    }
    const entry = (view: 'inactive' | 'live'): [string, vscode.FileType] => [
      formatDocumentPath({ kind: 'definition', host, uuid, view, name: domain.name })
        .split('/')
        .at(-1) ?? '',
      vscode.FileType.File,
    ];
    const isRunning = isActive(domain.state);
    if (isLive) {
      return isRunning ? [entry('live')] : [];
    }
    return [
      ...(domain.persistent ? [entry('inactive')] : []),
      ...(isRunning ? [['running', vscode.FileType.Directory] satisfies [string, number]] : []),
    ];
  }

  /** The editor watches what is visible; documents in the background are to be right as well. */
  #followOpenDocuments(): void {
    const open = new Map<vscode.TextDocument, vscode.Disposable>();
    const opened = (document: vscode.TextDocument): void => {
      if (document.uri.scheme === 'libvirt' && !open.has(document)) {
        open.set(document, this.watch(document.uri));
      }
    };
    vscode.workspace.textDocuments.forEach(opened);
    this.#disposables.add(vscode.workspace.onDidOpenTextDocument(opened));
    this.#disposables.add(
      vscode.workspace.onDidCloseTextDocument((document) => {
        open.get(document)?.dispose();
        open.delete(document);
      }),
    );
    this.#disposables.add(
      toDisposable(() => {
        for (const followed of open.values()) {
          followed.dispose();
        }
      }),
    );
  }

  #follow(uri: vscode.Uri, { host, uuid, view }: DefinitionKey): vscode.Disposable {
    const id = uri.toString();
    const key = { host, uuid, view };
    const followed = this.#followed.get(id) ?? {
      uri,
      key,
      count: 0,
      watch: this.#options.definitions.watch(key),
    };
    this.#followed.set(id, followed);
    followed.count++;
    return new vscode.Disposable(() => {
      if (--followed.count === 0) {
        this.#followed.delete(id);
        followed.watch.dispose();
      }
    });
  }

  readonly #tell = (changes: readonly DefinitionChange[]): void => {
    const events = [...this.#followed.values()].flatMap(({ uri, key }) =>
      changes
        .filter((change) => isSame(change.key, key))
        .map(({ kind }) => ({ type: changeTypes[kind], uri })),
    );
    if (events.length > 0) {
      this.#changed.fire(events);
    }
  };
}

function isSame(a: DefinitionKey, b: DefinitionKey): boolean {
  return a.host === b.host && a.uuid === b.uuid && a.view === b.view;
}

function fileStat(bytes: Uint8Array, ctime: number, mtime: number): vscode.FileStat {
  return { type: vscode.FileType.File, ctime, mtime, size: bytes.length };
}

function pictureGone(): vscode.FileSystemError {
  return vscode.FileSystemError.Unavailable(
    vscode.l10n.t(
      'Screenshots that were not saved are kept only until their tab or window is closed. Take another one.',
    ),
  );
}
