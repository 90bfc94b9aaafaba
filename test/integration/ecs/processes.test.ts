// Goal: plain processes stand in for containers openly, and a program that ignores PORT is found out.
// Method: Node programs as tasks, through the SDK client.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, runTasks, startProcessCloud, untilStatus } from './harness.ts';

const PROGRAMS = {
  stubborn: `require('node:net').createServer().listen(0, '127.0.0.1')`,
  colliding: `console.error('Error: listen EADDRINUSE: address already in use :::8080');
    process.exit(1)`,
  family: `require('node:child_process').spawn(process.execPath,
      ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    setTimeout(() => process.exit(0), 300)`,
};

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startProcessCloud(PROGRAMS);
});
afterAll(() => cloud.close());

describe('a plain process', () => {
  it.skipIf(process.platform !== 'linux')(
    'that listens elsewhere than on PORT is stopped with an explanation',
    async () => {
      const arns = await runTasks(cloud, 'stubborn');
      const [task] = await untilStatus(cloud, arns, ['STOPPED']);
      expect(task?.stoppedReason).toMatch(
        /did not listen on PORT=\d+ but on \d+: without containers/,
      );
      expect(task?.containers?.[0]?.reason).toContain('did not listen on PORT=');
    },
  );

  it('that collides with another says that it must use PORT', async () => {
    const arns = await runTasks(cloud, 'colliding');
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task?.stoppedReason).toContain('each task needs a port of its own');
  });

  it('takes what it left running in its group with it', async () => {
    const arns = await runTasks(cloud, 'family', { container: { portMappings: [] } });
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    // The child holds the output open: had it lived on, the task would not have ended.
    expect(task?.containers?.[0]?.exitCode).toBe(0);
  });

  it('has no more than one port', async () => {
    const arns = await runTasks(cloud, 'stubborn', {
      container: { portMappings: [{ containerPort: 80 }, { containerPort: 81 }] },
    });
    const [task] = await untilStatus(cloud, arns, ['STOPPED']);
    expect(task?.stoppedReason).toContain('can have one port, not 2');
  });
});
