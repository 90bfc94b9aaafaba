// The far ends of bench/network.ts: an HTTP server, and callers that measure on kept-alive connections.
import http from 'node:http';

type Load = { host: string; port: number; seconds: number; callers: number; source: string };

const WARM_UP_CALLS = 20;

const call = (agent: http.Agent, { host, port, source }: Load): Promise<number> =>
  new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const request = http.get({ host, port, agent, localAddress: source }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - startedMs));
    });
    request.on('error', reject);
  });

const caller = async (load: Load): Promise<number[]> => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < WARM_UP_CALLS; i += 1) await call(agent, load);
  const times: number[] = [];
  const untilMs = performance.now() + load.seconds * 1000;
  while (performance.now() < untilMs) times.push(await call(agent, load));
  agent.destroy();
  return times;
};

const server = http.createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' && address !== null ? address.port : 0);
});
process.on('message', async (load: Load) => {
  const all = await Promise.all(Array.from({ length: load.callers }, () => caller(load)));
  process.send?.(all.flat());
});
process.on('disconnect', () => process.exit(0));
