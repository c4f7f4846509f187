import * as fs from 'node:fs';

/** Prints what is added to a file until it is ended, and then the rest. */
export function followFile(file: string): { end(): void } {
  fs.writeFileSync(file, '');
  const open = fs.openSync(file, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  const print = () => {
    for (let size = fs.readSync(open, chunk); size > 0; size = fs.readSync(open, chunk)) {
      process.stdout.write(chunk.toString('utf8', 0, size));
    }
  };
  const timer = setInterval(print, 100);
  return {
    end() {
      clearInterval(timer);
      print();
      fs.closeSync(open);
    },
  };
}
