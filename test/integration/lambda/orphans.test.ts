// Goal: kill -9 of the embedded cloud leaves no sandbox and no proxy behind.
// Method: a process of its own runs them, among them a sandbox in a busy loop, and is killed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { MISBEHAVING } from './support.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

const hostProgram = (dataDir: string): string => `
import { createLambda } from '${ROOT}/local/lambda/service.ts';
import { createNetwork } from '${ROOT}/local/network/network.ts';
import { realClock } from '${ROOT}/local/clock.ts';
const network = createNetwork({ rtt: () => 10, random: Math.random, clock: realClock });
await network.listen({ region: 'eu-west-1', host: network.sourceAddress('eu-west-1'), port: 0, target: { host: '127.0.0.1', port: 1 } });
const lambda = createLambda({ dataDir: '${dataDir}', clock: realClock, endpoint: () => 'http://127.0.0.1:1', network, log: () => {} });
const call = { region: 'eu-west-1', requestId: 'r', accountId: '000000000000', accessKeyId: 'k', sourceAddress: '127.0.0.1', signal: new AbortController().signal };
for (const name of ['idle', 'spinning']) lambda.registerFunction({ region: 'eu-west-1', name, codePath: '${dataDir}/task/' + name + '.mjs', handler: name + '.handler', timeoutS: 600, memoryMb: 256, environment: {} });
const invoke = (name, event) => lambda.operations.Invoke({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) }, call);
await invoke('idle', { do: 'count' });
await invoke('spinning', { do: 'count' });
void invoke('spinning', { do: 'spin' });
setTimeout(() => console.log('ready'), 300);
`;

/** Command lines of the live processes that a parent started, by pid. */
const childrenOf = (parent: number): Map<number, string> => {
  const text = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  const pids = text === '' ? [] : text.split(' ').map(Number);
  return new Map(pids.map((pid) => [pid, readFileSync(`/proc/${pid}/cmdline`, 'utf8')]));
};

const alive = (pid: number): boolean => {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
};

it('sandboxes and the proxy end with their parent', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'lambda-orphans-'));
  const program = path.join(dataDir, 'host.ts');
  writeFileSync(program, hostProgram(dataDir));
  const task = path.join(dataDir, 'task');
  mkdirSync(task);
  for (const name of ['idle', 'spinning'])
    writeFileSync(path.join(task, `${name}.mjs`), MISBEHAVING);
  const host = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    host.stdout.once('data', () => resolve());
    host.once('exit', (code) => reject(new Error(`the host program ended with ${code}`)));
  });
  const children = childrenOf(host.pid ?? 0);
  const commands = [...children.values()].join('\n');
  expect(commands.match(/bootstrap-/g)).toHaveLength(2);
  expect(commands).toContain('proxyProcess');
  host.removeAllListeners('exit');
  host.kill('SIGKILL');
  await expect.poll(() => [...children.keys()].filter(alive)).toEqual([]);
  rmSync(dataDir, { recursive: true, force: true });
});
