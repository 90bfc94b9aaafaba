// Goal: one folder belongs to one process, damage is told, files are read as CloudFormation reads them.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../../local/stepfunctions/folderLock.ts';
import { loadMachine } from '../../../local/stepfunctions/loadMachine.ts';
import { startMachines } from '../../support/stateMachines.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const NODE = path.join(ROOT, 'node_modules/.bin/node');
const wait = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, End: true } } };

const lockIn = (folder: string) => {
  const module = path.join(ROOT, 'local/stepfunctions/folderLock.ts');
  const code = `import { lockFolder } from ${JSON.stringify(module)}; lockFolder(${JSON.stringify(folder)}); console.log('mine');`;
  return spawnSync(NODE, ['--input-type=module', '-e', code], { encoding: 'utf8' });
};

describe('the folder of the engine', () => {
  it('is kept to one process, which the other is told', async () => {
    const machines = startMachines();
    await machines.start(await machines.create(wait));
    const folder = path.join(machines.dataDir, 'stepfunctions');
    expect(lockIn(folder).stderr).toContain(
      `the executions in ${folder} belong to process ${process.pid}: end it, or use another data folder`,
    );
    await machines.leave();
    expect(lockIn(folder).stdout).toBe('mine\n');
    await machines.close();
  });

  it('is refused to a second engine of the same process too', async () => {
    const first = startMachines();
    const arn = await first.create(wait);
    await first.start(arn);
    const second = startMachines(undefined, { dataDir: first.dataDir });
    await expect(second.start(arn)).rejects.toThrow('belong to process');
    expect((await second.ask('ListExecutions', { stateMachineArn: arn })).executions).toHaveLength(
      1,
    );
    await second.leave();
    await first.close();
  });

  it('is free again when the process that had it was killed', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
    expect(lockIn(folder).status).toBe(0);
    lockFolder(folder).release();
    rmSync(folder, { recursive: true });
  });

  it('leaves a damaged journal alone and goes on with the others', async () => {
    const machines = startMachines();
    const arn = await machines.create(wait);
    const kept = await machines.start(arn, {}, 'kept');
    await machines.start(arn, {}, 'broken');
    await machines.leave();
    const find = execFileSync('find', [machines.dataDir, '-path', '*broken/journal.jsonl']);
    writeFileSync(find.toString().trim(), 'not a journal\n');
    const next = startMachines(undefined, { dataDir: machines.dataDir });
    await next.engine.resume();
    await next.clock.until(next.engine.settled());
    expect((await next.endOf(kept)).status).toBe('SUCCEEDED');
    await next.close();
  });
});

describe('machines and executions', () => {
  it('are still there after a restart, with what was changed', async () => {
    const machines = startMachines();
    const stateMachineArn = await machines.create(wait);
    const definition = JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
    const running = await machines.start(stateMachineArn);
    await machines.ask('UpdateStateMachine', { stateMachineArn, definition });
    await machines.leave();
    const next = startMachines(undefined, { dataDir: machines.dataDir });
    expect((await next.ask('DescribeStateMachine', { stateMachineArn })).definition).toBe(
      definition,
    );
    await next.engine.resume();
    await next.clock.until(next.engine.settled());
    const ended = await next.endOf(running);
    expect(
      ended.events.map((e) => e.type),
      'it runs the definition it began with',
    ).toContain('WaitStateExited');
    await next.close();
  });

  it('are listed in pages, newest first', async () => {
    const machines = startMachines();
    const arn = await machines.create(wait);
    for (const name of ['a', 'b', 'c']) {
      await machines.start(arn, {}, name);
      await machines.clock.advance(10);
    }
    const first = await machines.ask('ListExecutions', { stateMachineArn: arn, maxResults: 2 });
    const { nextToken } = first;
    const rest = await machines.ask('ListExecutions', { stateMachineArn: arn, nextToken });
    const names = [...first.executions, ...rest.executions].map((e: { name: string }) => e.name);
    expect(names).toEqual(['c', 'b', 'a']);
    await machines.close();
  });

  it('runs an express machine and gives its result at once', async () => {
    const machines = startMachines();
    const arn = await machines.create(wait, 'express', 'EXPRESS');
    const answer = machines.ask('StartSyncExecution', { stateMachineArn: arn, input: '{"a":1}' });
    expect(await machines.clock.until(answer)).toMatchObject({
      status: 'SUCCEEDED',
      output: '{"a":1}',
      billingDetails: { billedDurationInMilliseconds: 60_000 },
    });
    const standard = await machines.create(wait, 'standard');
    await expect(
      machines.ask('StartSyncExecution', { stateMachineArn: standard }),
    ).rejects.toMatchObject({ name: 'StateMachineTypeNotSupported' });
    await machines.close();
  });

  it('refuses input that is too large, too deep, or no JSON', async () => {
    const machines = startMachines();
    const stateMachineArn = await machines.create(wait);
    const start = (input: string) => machines.ask('StartExecution', { stateMachineArn, input });
    await expect(start(`"${'x'.repeat(262_143)}"`)).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(start('['.repeat(5_000) + ']'.repeat(5_000))).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
      message: expect.stringContaining('JSON nests deeper than 1000 levels'),
    });
    await expect(start('{')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    await machines.close();
  });
});

describe('a machine file', () => {
  const placeholder = (name: string): string => ['$', '{', name, '}'].join('');

  it('gets its placeholders filled, inside any string', () => {
    const yaml = [
      'StartAt: A',
      'States:',
      '  A:',
      '    Type: Task',
      `    Resource: "${placeholder('RankArn')}"`,
      `    Comment: by ${placeholder('RankArn')} at ${placeholder('Where')}`,
      '    End: true',
    ].join('\n');
    const made = JSON.parse(loadMachine(yaml, { RankArn: 'arn:x', Where: 'home' }));
    expect(made.States.A).toMatchObject({ Resource: 'arn:x', Comment: 'by arn:x at home' });
  });

  it('is refused when a placeholder has no value', () => {
    expect(() => loadMachine(`StartAt: ${placeholder('A')}`, { B: '1' })).toThrow(
      `/StartAt: there is no value for ${placeholder('A')}; there are B`,
    );
  });
});
