import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to outgoing connections and to whoever asks for any port
 * (`ip_local_port_range`, 32768 to 60999): between the choice of a port and the moment the program listens
 * there, nobody gets it by chance.
 */
const FIRST = 20_000;
const COUNT = 12_000;
const TRIES_MAX = 200;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/**
 * Ports for programs, in turn, so that one that was just given up rests the longest. Several processes of
 * this kind start at different places.
 * @throws Error when a long row of them is taken.
 */
export const createPorts = (random: () => number = Math.random): (() => Promise<number>) => {
  let next = Math.floor(random() * COUNT);
  return async () => {
    for (let tried = 0; tried < TRIES_MAX; tried += 1) {
      const port = FIRST + next;
      next = (next + 1) % COUNT;
      if (await isFree(port)) return port;
    }
    throw new Error(`none of ${TRIES_MAX} ports in a row is free below ${FIRST + next}`);
  };
};
