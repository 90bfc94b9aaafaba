/** Real servers on loopback for the tests of the probers. Each closes with the connections it holds. */
import { once } from 'node:events';
import net from 'node:net';

export type TestServer = { readonly port: number; readonly close: () => void };

export const portOf = (server: { address(): unknown }): number => {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) {
    throw new Error('the server has no port');
  }
  return Number(address.port);
};

/** Runs `onConnection` for each connection. */
export const tcpServer = async (
  onConnection: (socket: net.Socket) => void,
): Promise<TestServer> => {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: portOf(server), close };
};

/** Answers the first bytes of each connection with these pieces, one after the other, and closes. */
export const answering = (
  pieces: readonly string[],
  { keepOpen = false, pauseMs = 5 } = {},
): Promise<TestServer> =>
  tcpServer((socket) => {
    socket.once('data', async () => {
      for (const [at, piece] of pieces.entries()) {
        if (at > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
        socket.write(piece, 'latin1');
      }
      if (!keepOpen) socket.end();
    });
  });

/** A port on which nothing listens. */
export const closedPort = async (): Promise<number> => {
  const server = await tcpServer(() => {});
  server.close();
  return server.port;
};
