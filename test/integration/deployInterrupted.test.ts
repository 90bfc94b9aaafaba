// Goal: a look at an account that is interrupted ends at once, as every interrupted command does.
// Method: the real command as a process of its own, against an endpoint that takes requests and never answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';

const server = createServer();
const folder = mkdtempSync(path.join(tmpdir(), 'deploy-interrupted-'));
const file = path.join(folder, 'failover.yml');
beforeAll(async () => {
  const region = (name: string) => `{ name: ${name}, endpoint: "https://${name}.example.net/" }`;
  const regions = `{ primary: ${region('eu-west-1')}, standby: ${region('eu-central-1')} }`;
  writeFileSync(file, `service: shop\nrecord: shop.example.com\nregions: ${regions}\n`);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

it.each([[[]], [['--destroy']]])('deploy --dry-run %j', async (more) => {
  const { port } = server.address() as AddressInfo;
  const args = ['cli/main.ts', 'deploy', '--config', file, '--dry-run', '--json', ...more];
  const child = spawn(process.execPath, args, {
    cwd: PROJECT_FOLDER,
    env: {
      ...{ PATH: process.env['PATH'], HOME: folder },
      ...{ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, AWS_EC2_METADATA_DISABLED: 'true' },
      ...{ AWS_ACCESS_KEY_ID: 'made-up', AWS_SECRET_ACCESS_KEY: 'made-up' },
    },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const closed = once(child, 'close');
  await Promise.race([once(server, 'request'), closed]);
  child.kill('SIGINT');
  const [code] = await closed;
  expect(JSON.parse(out)).toMatchObject({
    error: { name: 'Interrupted', message: 'interrupted: nothing was changed' },
  });
  expect(code).toBe(130);
});
