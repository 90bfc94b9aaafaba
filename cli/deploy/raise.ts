/** Makes or changes the stacks, wave by wave, and looks at each afterwards. Safe to repeat, and to interrupt. */
import type { FoundStack, Stacks } from '../../aws/stacks.ts';
import { judgeStack } from '../../core/deploy/stackState.ts';
import { type PlannedStack, wavesOf } from '../../core/deploy/stacks.ts';
import { DrillError } from '../../core/errors.ts';
import type { DeployOutput } from '../../events/deployOutput.ts';
import { realClock, sleep } from '../../local/clock.ts';
import type { Osls } from './osls.ts';

export type Outcome = DeployOutput['stacks'][number]['outcome'];

const POLL_MS = 2_000;
/** A stack of ours takes minutes; one that takes longer is told of, and looked at by a person. */
const WAIT_MAX_MS = 30 * 60_000;
/** osls compiles on this machine, and each has a process of its own. */
const AT_ONCE = 3;

type Note = (line: string) => void;

/** Waits while CloudFormation is at work on a stack. @throws DrillError `DeployFailed` after half an hour. */
export const awaitRest = async (
  stacks: Pick<Stacks, 'find'>,
  stack: PlannedStack,
  note: Note,
  signal: AbortSignal,
): Promise<FoundStack> => {
  const fromMs = realClock.monotonicMs();
  let told = false;
  for (;;) {
    const found = await stacks.find(stack);
    if (judgeStack(found, stack).kind !== 'wait') return found;
    if (!told) note(`  ${stack.name} in ${stack.region} is ${found.status}: waiting for it`);
    told = true;
    if (realClock.monotonicMs() - fromMs > WAIT_MAX_MS) {
      throw new DrillError(
        'DeployFailed',
        `${stack.name} in ${stack.region} has been ${found.status} for half an hour: look at it with ` +
          `aws cloudformation describe-stack-events --stack-name ${stack.name} --region ${stack.region}`,
      );
    }
    await sleep(realClock, POLL_MS, signal);
  }
};

const isWhole = (status: string): boolean => /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status);

const FUNCTION = 'AWS::Lambda::Function';

type Look = { readonly whole: boolean; readonly what: string; readonly changedAtMs: number | null };

/** Whether the stack rests well, and everything in it with it. */
const lookAt = async (stacks: Stacks, stack: PlannedStack): Promise<Look> => {
  const { status, reason, changedAtMs } = await stacks.find(stack);
  if (status === null || !isWhole(status)) {
    return { whole: false, what: `is ${status ?? 'not there'} ${reason}`.trim(), changedAtMs };
  }
  const resources = await stacks.resources(stack);
  const broken = resources.filter((each) => !isWhole(each.status));
  const wanted = stack.resources.reduce((sum, { count }) => sum + count, 0);
  const which = broken.map(({ id, status: its }) => `, ${id} is ${its}`).join('');
  return {
    whole: broken.length === 0 && resources.length >= wanted,
    what: `has ${resources.length} of ${wanted} resources${which}`,
    changedAtMs,
  };
};

/**
 * osls takes a stack for unchanged when its archives are. Where a change was cut short after they were stored, only
 * the functions' own dates would tell it.
 */
const mustForce = async (stacks: Stacks, stack: PlannedStack): Promise<boolean> => {
  if (!stack.resources.some(({ type }) => type === FUNCTION)) return true;
  return !(await lookAt(stacks, stack)).whole;
};

const failed = async (stacks: Stacks, stack: PlannedStack, error: DrillError) => {
  const causes = await stacks.failures(stack).catch(() => []);
  const why = causes.length > 0 ? causes.slice(0, 5).join('\n  ') : error.message;
  return new DrillError(
    'DeployFailed',
    `${stack.name} in ${stack.region} failed:\n  ${why}\nWhat was made before stays; the same command goes on from here.`,
    { ...error.details },
    error,
  );
};

type Raising = {
  readonly stacks: Stacks;
  readonly osls: Pick<Osls, 'deploy'>;
  readonly paramsOf: (stack: PlannedStack) => Readonly<Record<string, string>>;
  /** Has a stack that is not there take over what a former one kept. @returns whether there was anything. */
  readonly adopt: (stack: PlannedStack) => Promise<boolean>;
  readonly note: Note;
  readonly signal: AbortSignal;
};

const raiseOne = async (raising: Raising, stack: PlannedStack): Promise<Outcome> => {
  const { stacks, osls, paramsOf, adopt, note, signal } = raising;
  signal.throwIfAborted();
  const found = await awaitRest(stacks, stack, note, signal);
  const verdict = judgeStack(found, stack);
  if (verdict.kind === 'blocked') {
    throw new DrillError(
      'DeployBlocked',
      `${stack.name} in ${stack.region} is ${found.status}: ${verdict.remedy}`,
    );
  }
  const fromMs = realClock.monotonicMs();
  const isThere = verdict.kind === 'update' || (await adopt(stack));
  const force = isThere && (await mustForce(stacks, stack));
  try {
    await osls.deploy(stack, paramsOf(stack), force, signal);
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    if (error.name !== 'Interrupted') throw await failed(stacks, stack, error);
    throw new DrillError(
      'Interrupted',
      `interrupted while ${stack.name} in ${stack.region} was at work: CloudFormation finishes by itself what it ` +
        'has begun. The same command waits for it, and goes on',
    );
  }
  const look = await lookAt(stacks, stack);
  if (!look.whole) {
    throw new DrillError(
      'DeployFailed',
      `${stack.name} in ${stack.region} ${look.what} afterwards`,
    );
  }
  const changed = look.changedAtMs !== found.changedAtMs;
  const outcome = verdict.kind === 'create' ? 'made' : changed ? 'updated' : 'unchanged';
  const seconds = Math.round((realClock.monotonicMs() - fromMs) / 1_000);
  note(`  ${stack.name} in ${stack.region}: ${outcome}, and whole (${seconds} s)`);
  return outcome;
};

/** Some at a time; the first failure is thrown once those that run have ended. */
const raiseWave = async (raising: Raising, wave: readonly PlannedStack[]) => {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < wave.length; at += AT_ONCE) {
    const group = wave.slice(at, at + AT_ONCE);
    const ended = await Promise.allSettled(group.map((stack) => raiseOne(raising, stack)));
    for (const each of ended) {
      if (each.status === 'rejected') throw each.reason;
      outcomes.push(each.value);
    }
  }
  return outcomes;
};

/**
 * All stacks in their order. `after` is called once the stacks of a role are there, before the next begin.
 * @throws DrillError `DeployBlocked`, `DeployFailed`, `Interrupted`
 */
export const raiseStacks = async (
  raising: Raising,
  planned: readonly PlannedStack[],
  after: (role: string) => Promise<void>,
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const wave of wavesOf(planned)) {
    outcomes.push(...(await raiseWave(raising, wave)));
    const [first] = wave;
    if (first) await after(first.role);
  }
  return outcomes;
};
