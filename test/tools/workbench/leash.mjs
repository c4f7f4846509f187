// node leash.mjs PROGRAM [ARGUMENT...]: runs a program in this process group and ends the whole group when standard
// input ends. Whoever started us holds the other end: if it dies, however it dies, what it started dies too.
import { spawn } from 'node:child_process';

/** How long the group gets to end in order. */
const graceMs = 4_000;

const [program, ...args] = process.argv.slice(2);
// The signal that we send to the group reaches us as well; what ends us is the end of the program.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => undefined);
}

const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.once('error', (error) => {
  console.error(error.message);
  process.exit(127);
});

/** Ends what is left of the group, and so this process. */
const killGroup = () => process.kill(-process.pid, 'SIGKILL');

child.once('exit', (code) => {
  if (code !== null && code !== 0) {
    console.error(`ended with ${code}`);
  }
  killGroup();
});
process.stdin.resume();
process.stdin.once('close', () => {
  process.kill(-process.pid, 'SIGTERM');
  setTimeout(killGroup, graceMs);
});
