// Goal: a request by name proves the region by what the service says of itself, where it says so.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WatchTarget } from '../../../events/watchPlan.ts';
import { requestByName } from '../../../functions/verify/request.ts';
import { httpProbe } from '../../../probes/http.ts';

let servedBy: string | undefined;
const server = http.createServer((_request, response) => {
  if (servedBy !== undefined) response.setHeader('x-served-by', servedBy);
  response.end('ok');
});
let targets: WatchTarget[];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  targets = ['eu-west-1', 'eu-central-1'].map((region) => ({
    ...{ region, url: `http://127.0.0.1:${port}/health`, serverName: null, capacity: null },
    answers: { A: ['127.0.0.1'] },
  }));
});
afterAll(() => server.close());

const ask = async (said: string | undefined) => {
  servedBy = said;
  const owner = targets[0]!;
  const asking = { record: 'shop.example.test', targets, address: '127.0.0.1', owner };
  return requestByName(
    asking,
    { clock: { now: () => 0 }, probe: httpProbe },
    AbortSignal.timeout(5_000),
  );
};

it.each([
  ['eu-central-1', 'eu-central-1', 'header'],
  ['eu-central-1/slim', 'eu-central-1', 'header'],
  ['eu-central-1; image=sha256:abc', 'eu-central-1', 'header'],
  ['web-7', 'eu-west-1', 'address'],
  [undefined, 'eu-west-1', 'address'],
])('an answer that names %s is of %s, by its %s', async (said, region, proof) => {
  expect(await ask(said)).toMatchObject({ ok: true, region, proof });
});
