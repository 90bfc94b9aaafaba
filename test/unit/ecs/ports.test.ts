// Goal: a program that is told a port finds it free, however long it takes to listen.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { createPorts } from '../../../local/ecs/runners/ports.ts';

const firstOutgoing = (): number => {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')[0]);
  } catch {
    return 32_768;
  }
};

it('ports are told once, and are none that the system gives away', async () => {
  const take = createPorts();
  const ports = await Promise.all(Array.from({ length: 40 }, take));
  expect(new Set(ports).size).toBe(ports.length);
  for (const port of ports) expect(port).toBeLessThan(firstOutgoing());
});

it('a port that somebody listens on is passed over', async () => {
  const taken = await createPorts(() => 0.5)();
  const server = createServer().listen(taken, '127.0.0.1');
  await once(server, 'listening');
  try {
    expect(await createPorts(() => 0.5)()).toBeGreaterThan(taken);
  } finally {
    server.close();
  }
});
