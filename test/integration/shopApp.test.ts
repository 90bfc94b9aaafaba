// Goal: the example shop is a real app: it lists, sells, survives a restart and stops when asked.
// Method: a copy of the backend with its locked dependencies, run as a process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

const SHOP = path.resolve(import.meta.dirname, '../../examples/shop');
const READY_MS_MAX = 90_000;

const Product = z.object({
  priceCents: z.int(),
  stock: z.int(),
  lastReference: z.string().optional(),
});
const Products = z.object({ items: z.array(Product) });

let folder = '';
const running = new Set<ChildProcess>();

const freePort = async (): Promise<number> => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

const startShop = async () => {
  const port = await freePort();
  const child = spawn(process.execPath, ['server.js'], {
    cwd: path.join(folder, 'backend'),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      DATA_DIR: path.join(folder, 'data'),
      AWS_REGION: 'eu-west-1',
      IMAGE_DIGEST: 'sha256:abc',
    },
  });
  running.add(child);
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + READY_MS_MAX;
  while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) {
    if (performance.now() > deadline) throw new Error('the shop did not get ready');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    running.delete(child);
    return child.exitCode;
  };
  return { url, stop };
};

const product = async (url: string, id: string) =>
  Product.parse(await (await fetch(`${url}/api/products/${id}`)).json());

const reserve = (url: string, id: string, quantity: number) =>
  fetch(`${url}/api/products/${id}/reserve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ quantity, reference: 'order-1' }),
  });

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shop-test-'));
  fs.cpSync(path.join(SHOP, 'backend'), path.join(folder, 'backend'), {
    recursive: true,
    filter: (source) => !source.includes('node_modules'),
  });
  execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: path.join(folder, 'backend'),
    stdio: 'ignore',
  });
});

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('the shop', () => {
  it('lists, searches, sorts and pages, and names its region and image', async () => {
    const { url, stop } = await startShop();
    const all = await fetch(`${url}/api/products?pageSize=10&page=20`);
    expect(all.headers.get('x-served-by')).toBe('eu-west-1; image=sha256:abc');
    expect(await all.json()).toMatchObject({ total: 200, page: 20, pages: 20 });

    const kettles = await fetch(`${url}/api/products?search=kettle&sort=-price`);
    const prices = Products.parse(await kettles.json()).items.map((item) => item.priceCents);
    expect(prices).toHaveLength(4);
    expect(prices).toEqual([...prices].sort((a, b) => b - a));

    const unknown = await fetch(`${url}/api/products?colour=red`);
    expect(unknown.status).toBe(400);
    expect(unknown.headers.get('x-served-by')).toBe('eu-west-1; image=sha256:abc');
    expect((await fetch(`${url}/api/products/p-9999`)).status).toBe(404);
    expect(await stop()).toBe(0);
  });

  it('keeps a reservation over a restart and never sells more than there is', async () => {
    const first = await startShop();
    const before = await product(first.url, 'p-0001');
    const after = Product.parse(await (await reserve(first.url, 'p-0001', 2)).json());
    expect(after).toMatchObject({ stock: before.stock - 2, lastReference: 'order-1' });
    expect(await first.stop()).toBe(0);

    const second = await startShop();
    expect(await product(second.url, 'p-0001')).toEqual(after);
    let status = 200;
    for (let sold = 0; status === 200 && sold < 10; sold += 1) {
      status = (await reserve(second.url, 'p-0001', 100)).status;
    }
    expect(status).toBe(409);
    const { stock } = await product(second.url, 'p-0001');
    expect(stock).toBe(after.stock % 100);
    expect(await second.stop()).toBe(0);
  });
});
