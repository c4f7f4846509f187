// Threads whose program is in TypeScript, for the tests: on Node 20 what `--import tsx` brings does not reach them.
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

const { Worker } = workerThreads;

if (workerThreads.isMainThread) {
  workerThreads.Worker = class extends Worker {
    constructor(file, options) {
      const isTypeScript = String(file).endsWith('.ts');
      const argv = isTypeScript ? [...(options?.argv ?? []), String(file)] : options?.argv;
      super(isTypeScript ? import.meta.filename : file, { ...options, argv });
    }
  };
  syncBuiltinESMExports();
} else if (process.argv.at(-1).endsWith('.ts')) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(process.argv.at(-1));
}
