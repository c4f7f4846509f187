// Accepts connections and gives each, as it is, to a program as its standard input and output.
// usage: node door.mjs COMMAND [ARGUMENT...]; prints the port, then a line for each connection; ends with its input.
//
// A socket stays in the network namespace it was made in, whoever holds it: so an sshd in a rig host's namespaces
// serves clients outside them, and there is nothing in between that could change a byte or the timing.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

const [program, ...args] = process.argv.slice(2);

const server = createServer({ pauseOnConnect: true }, (socket) => {
  spawn(program, args, { stdio: [socket, socket, 'ignore'] });
  // Ours only: the program has it now.
  socket.destroy();
  console.log('accepted');
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 128 }, () =>
  console.log(server.address().port),
);

process.stdin.on('end', () => process.exit()).resume();
