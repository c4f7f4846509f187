import * as vscode from 'vscode';
import { formatDocumentPath, type DefinitionPath, type PicturePath } from './documentPath.ts';

/** The `libvirt:` URI of a document. */
export function toUri(path: DefinitionPath | PicturePath): vscode.Uri {
  return vscode.Uri.from({ scheme: 'libvirt', path: formatDocumentPath(path) });
}
