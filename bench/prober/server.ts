// A server that answers each request a fixed time after it has read it, and logs how long it really
// took. Prints its port; GET /log answers with that log and starts a new one.
import net from 'node:net';

const delayMs = Number(process.argv[2] ?? '20');
const ANSWER = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok',
);
const CONTROL_HEAD = 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n';

/** Requests under way, oldest first: with one delay for all, they fall due in the order they came. */
const waiting: { readonly socket: net.Socket; readonly readMs: number }[] = [];
let servedMs: number[] = [];
let armed = false;

/** Turns the event loop without a pause: a core of its own makes its log exact. */
const arm = (): void => {
  if (armed || waiting.length === 0) return;
  armed = true;
  setImmediate(answerDue);
};

const answerDue = (): void => {
  armed = false;
  for (let first = waiting[0]; first; first = waiting[0]) {
    if (performance.now() < first.readMs + delayMs) break;
    waiting.shift();
    servedMs.push(performance.now() - first.readMs);
    first.socket.end(ANSWER);
  }
  arm();
};

const control = (socket: net.Socket): void => {
  socket.end(`${CONTROL_HEAD}${JSON.stringify(servedMs)}`);
  servedMs = [];
};

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (bytes) => {
    const readMs = performance.now();
    if (bytes.toString('latin1', 0, 9) === 'GET /log ') {
      control(socket);
      return;
    }
    waiting.push({ socket, readMs });
    arm();
  });
});

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});
