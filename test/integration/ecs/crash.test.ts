// Goal: a cloud that is killed leaves no process, mount, network link, cgroup or folder, and says
// afterwards what became of its tasks.
// Method: a child process runs tasks, is killed with SIGKILL or SIGINT, and the machine is searched.
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as sdk from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProcessCloud, taskLinks } from './harness.ts';
import { type Bench, missingEngine, openBench } from './toyImage.ts';

const missing = await missingEngine();
const CHILD = fileURLToPath(new URL('./crashingCloud.ts', import.meta.url));
const TASKS = 2;

type Started = { readonly child: ChildProcess; readonly taskIds: string[] };

/** Starts the child and waits until its tasks run. */
const startChild = (dataDir: string, kind: 'containers' | 'processes'): Promise<Started> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, dataDir, kind, String(TASKS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('\n')) resolve({ child, taskIds: JSON.parse(text) });
    });
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}: ${text}`)));
  });

const killed = ({ child }: Started, signal: NodeJS.Signals = 'SIGKILL'): Promise<unknown> =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Everything on this machine that names a data folder or a task. Zombies hold nothing any more. */
const leftovers = (marks: readonly string[]): string[] => {
  const named = (text: string) => marks.some((mark) => text.includes(mark));
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => named(read(`/proc/${pid}/cmdline`)) || named(read(`/proc/${pid}/environ`)))
    .map((pid) => `process ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
  const mounts = read('/proc/self/mountinfo').split('\n').filter(named);
  const links = taskLinks().filter((name) => !linksBefore.includes(name));
  const groups = globSync('/sys/fs/cgroup/*/failover-drill-*').filter(named);
  const runs = marks.flatMap((mark) => globSync(`${mark}/ecs/run/*`));
  return [...processes, ...mounts, ...links, ...groups, ...runs];
};

const untilNothing = async (marks: readonly string[]): Promise<string[]> => {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = leftovers(marks);
    if (found.length === 0 || performance.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

let linksBefore: string[] = [];
beforeEach(() => {
  linksBefore = taskLinks();
});

let bench: Bench | undefined;
let dataDir: string | undefined;
afterEach(async () => {
  await bench?.remove();
  bench = undefined;
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  dataDir = undefined;
});

const temporary = (): string => {
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'failover-crash-'));
  return dataDir;
};

describe.skipIf(process.platform !== 'linux')('a cloud that is killed', () => {
  it.skipIf(missing !== undefined)(
    `leaves nothing of its containers${missing ? ` (${missing})` : ''}`,
    async () => {
      bench = await openBench();
      const started = await startChild(bench.dataDir, 'containers');
      const marks = [bench.dataDir, ...started.taskIds];
      expect(leftovers(marks)).not.toEqual([]);
      await killed(started);
      expect(await untilNothing(marks)).toEqual([]);
    },
  );

  it.skipIf(missing !== undefined)(
    `is swept by the next start when its reaper was killed too${missing ? ` (${missing})` : ''}`,
    async () => {
      bench = await openBench();
      const started = await startChild(bench.dataDir, 'containers');
      const marks = [bench.dataDir, ...started.taskIds];
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const command = read(`/proc/${pid}/cmdline`);
        if (command.includes('\0reaper\0') && command.includes(bench.dataDir)) {
          process.kill(Number(pid), 'SIGKILL');
        }
      }
      await killed(started);
      expect(leftovers(marks)).not.toEqual([]);
      const next = await startProcessCloud({}, { dataDir: bench.dataDir });
      expect(await untilNothing(marks)).toEqual([]);
      await next.close();
    },
  );

  it.each(['SIGKILL', 'SIGINT'] as const)(
    'leaves no process after %s, and says of each task that it ended with the cloud',
    async (signal) => {
      const folder = temporary();
      const started = await startChild(folder, 'processes');
      await killed(started, signal);
      expect(await untilNothing([folder, ...started.taskIds])).toEqual([]);

      const next = await startProcessCloud({}, { dataDir: folder });
      const answer = await next.client.send(
        new sdk.DescribeTasksCommand({ cluster: 'drill', tasks: started.taskIds }),
      );
      expect(answer.tasks).toHaveLength(TASKS);
      for (const task of answer.tasks ?? []) {
        expect(task).toMatchObject({
          lastStatus: 'STOPPED',
          desiredStatus: 'STOPPED',
          stopCode: 'TerminationNotice',
          stoppedReason: 'The embedded cloud ended while the task ran, and the task ended with it',
        });
      }
      await next.close();
    },
  );
});
