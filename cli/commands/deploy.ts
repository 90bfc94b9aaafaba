/** `failover deploy`: puts a service into an account of AWS, region by region, and takes it away again. */
import type { PlannedStack } from '../../core/deploy/stacks.ts';
import { DrillError } from '../../core/errors.ts';
import { DeployOutput } from '../../events/deployOutput.ts';
import { openQuestions } from '../ask.ts';
import { deployRecord, deployStacks, type Sight } from '../deploy/carryOut.ts';
import { keptBy } from '../deploy/former.ts';
import { unlessGivenUp } from '../deploy/givenUp.ts';
import { type Aws, keyOf, lookAtAws, openAws, type Seen } from '../deploy/look.ts';
import { type DeploySetup, readSetup } from '../deploy/setup.ts';
import { EXIT } from '../failure.ts';
import { deployLines } from '../output/deployText.ts';
import type { Output } from '../output/output.ts';
import { costOf } from './cost.ts';
import { destroy } from './destroy.ts';

export type DeployOptions = {
  readonly config: string;
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly destroy?: boolean;
  /** What `destroy` leaves. */
  readonly keep?: 'nothing' | 'evidence';
};

const changeText = ({ live }: DeploySetup, record: Seen['record']): string => {
  const failing =
    live?.driver === 'quorum'
      ? 'a failover pair on the health checks of the switch'
      : 'the record and its epoch';
  switch (record?.kind) {
    case undefined:
      return `what stands there is not known; made are ${failing}`;
    case 'absent':
      return `nothing answers there yet; made are ${failing}`;
    case 'ours':
      return 'made by a former deployment; changed only where the configuration has changed';
    case 'same-answer':
      return `answers as the primary does; replaced in one change by ${failing}, with the same answer`;
    case 'foreign':
      return 'is another hand’s, and is left alone';
  }
};

const costPart = ({ config, stage }: DeployOptions): NonNullable<DeployOutput['cost']> => {
  const { drill, images, watch, running, monthUsd } = costOf(config, Date.now(), stage);
  return {
    drillUsd: drill?.usd ?? null,
    imagesMonthUsd: images?.usd ?? null,
    watchMonthUsd: watch?.usd ?? null,
    runningMonthUsd: running?.usd ?? null,
    monthUsd,
  };
};

/** Stacks as they were found. */
const plannedOf = (
  stacks: readonly PlannedStack[],
  { found, adopts }: Pick<Seen, 'found' | 'adopts'>,
): DeployOutput['stacks'] =>
  stacks.map(({ role, region, name, resources }) => ({
    ...{ role, region, name, resources: [...resources] },
    status: found.get(keyOf({ name, region }))?.status ?? null,
    outcome: 'planned',
    adopts: (adopts.get(keyOf({ name, region })) ?? []).map((each) => `${each.kind} ${each.name}`),
  }));

const told = (
  setup: DeploySetup,
  { caller, record, found, adopts, removes, findings }: Seen,
  options: DeployOptions,
): Omit<DeployOutput, 'outcome' | 'action'> => ({
  service: setup.service,
  stage: setup.stage,
  account: caller?.accountId ?? null,
  stacks: plannedOf(setup.planned, { found, adopts }),
  removes: plannedOf(removes, { found, adopts: new Map() }),
  dns: setup.live && {
    record: setup.live.record,
    zone: setup.live.zone,
    driver: setup.live.driver,
    found: record?.kind ?? null,
    change: changeText(setup, record),
  },
  cost: costPart(options),
  findings: [...findings].sort((a, b) => a.severity.localeCompare(b.severity)),
  kept: caller === null ? [] : keptBy(setup, removes, caller.accountId),
});

type Result = Omit<DeployOutput, 'action'>;

const tell = (output: Output, result: Result): void => {
  const parsed = DeployOutput.parse({ ...result, action: 'deploy' });
  output.result(parsed, (style) => deployLines(parsed, style));
};

const isStop = ({ severity }: Seen['findings'][number]): boolean => severity === 'stop';

/** A dry run needs no account: it then tells what the templates say, and that nothing was checked. */
const dryRun = (plan: Omit<Result, 'outcome'>, output: Output): number => {
  const isBlocked = plan.findings.some(isStop) && plan.account !== null;
  tell(output, { ...plan, outcome: isBlocked ? 'blocked' : 'planned' });
  return isBlocked ? EXIT.input : EXIT.ok;
};

type Answer = 'all' | 'stacks' | 'nothing';

/** Live DNS is touched only with a person's word, given before the first stack, so that nobody has to wait for it. */
const askedFor = async (
  { live }: DeploySetup,
  record: Seen['record'],
  options: DeployOptions,
  output: Output,
  signal: AbortSignal,
): Promise<Answer> => {
  if (live === null || record === null || record.kind === 'ours' || options.yes) return 'all';
  const text = `Let ${live.record} fail over once the stacks are there (y), make the stacks only (s), or nothing (n)?`;
  if (output.json || !process.stdin.isTTY) {
    throw new DrillError('InputInvalid', `${text} Say y with --yes where nobody can be asked`);
  }
  const questions = openQuestions(process.stdin, process.stderr, signal);
  try {
    const answer = await questions.ask({ text, preset: 'n' });
    return /^y(es)?$/i.test(answer) ? 'all' : /^s(tacks)?$/i.test(answer) ? 'stacks' : 'nothing';
  } finally {
    questions.close();
  }
};

const carriedOut = async (
  aws: Aws,
  setup: DeploySetup,
  sight: Sight,
  plan: Omit<Result, 'outcome'>,
  options: DeployOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const answer = await askedFor(setup, sight.record, options, output, signal);
  if (answer === 'nothing') {
    tell(output, { ...plan, outcome: 'declined' });
    return EXIT.ok;
  }
  const telling = { note: output.note, signal };
  const outcomes = await deployStacks(aws, setup, sight, telling);
  const stacks = plan.stacks.map((stack, at) => ({ ...stack, outcome: outcomes[at] ?? 'planned' }));
  const removes = plan.removes.map((stack) => ({ ...stack, outcome: 'removed' as const }));
  const warning =
    answer === 'all' && sight.record !== null
      ? await deployRecord(setup, sight, sight.record, telling)
      : null;
  const change =
    answer === 'stacks'
      ? 'left as it is: the same command lets it fail over'
      : (warning ?? 'answers as the switch says');
  tell(output, {
    ...plan,
    stacks,
    removes,
    dns: plan.dns && { ...plan.dns, change },
    outcome: 'done',
  });
  return warning === null ? EXIT.ok : EXIT.marked;
};

const interruptedBy = (error: unknown, signal: AbortSignal): unknown =>
  signal.aborted && !(error instanceof DrillError)
    ? new DrillError('Interrupted', 'interrupted: the same command goes on from here')
    : error;

/** @returns the exit code. @throws DrillError `ConfigInvalid`, `DeployBlocked`, `DeployFailed`, `Interrupted` */
export const deploy = async (
  options: DeployOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const setup = readSetup(options.config, options.stage);
  const aws = openAws();
  try {
    if (options.destroy) return await destroy(aws, setup, options, output, signal);
    const seen = await unlessGivenUp(() => lookAtAws(aws, setup), signal);
    const plan = told(setup, seen, options);
    const { caller } = seen;
    if (options.dryRun) return dryRun(plan, output);
    if (caller === null || seen.findings.some(isStop)) {
      tell(output, { ...plan, outcome: 'blocked' });
      return EXIT.input;
    }
    for (const line of deployLines(
      DeployOutput.parse({ ...plan, action: 'deploy', outcome: 'begun' }),
      output.style,
    ))
      output.note(line);
    return await carriedOut(aws, setup, { ...seen, caller }, plan, options, output, signal);
  } catch (error) {
    throw interruptedBy(error, signal);
  } finally {
    aws.close();
  }
};
