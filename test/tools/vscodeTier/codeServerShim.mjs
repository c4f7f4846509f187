#!/usr/bin/env node
// Stands where @vscode/test-electron expects the program of a desktop VS Code: the same arguments, the same exit status,
// but the tests run in the extension host of a code-server.
import { existsSync } from 'node:fs';

import { register } from 'tsx/esm/api';

register();
const { runInCodeServer } = await import('./runInCodeServer.ts');
const { code, errors } = await runInCodeServer(process.argv.slice(2));
if (code !== 0 && !existsSync(JSON.parse(process.env.VM_DECK_TEST_RUN).resultFile)) {
  // Without a result no report says what went wrong.
  console.error(`The workbench said:\n  ${errors.join('\n  ')}`);
}
process.exitCode = code;
