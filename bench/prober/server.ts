// A server that answers each request some 20 ms after it has read it, and logs how long it really took
// by the number that is the request's path. Prints its port; GET /log answers with that log and starts
// a new one.
import net from 'node:net';

const delayMs = Number(process.argv[2] ?? '20');
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
);
const CONTROL_HEAD = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n';

/** Written in place: a log that grows would stall the server it tells of. */
const servedMs = new Float64Array(100_000);
let last = -1;

const answer = (socket: net.Socket, index: number, readMs: number): void => {
  servedMs[index] = performance.now() - readMs;
  last = Math.max(last, index);
  socket.end(ANSWER);
};

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const readMs = performance.now();
    const index = Number(bytes.toString('latin1', 5, bytes.indexOf(' ', 5)));
    if (Number.isInteger(index)) {
      setTimeout(answer, delayMs, socket, index, readMs);
      return;
    }
    socket.end(`${CONTROL_HEAD}${JSON.stringify([...servedMs.subarray(0, last + 1)])}`);
    servedMs.fill(0);
    last = -1;
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});
