/** `failover deploy --destroy`: takes a deployment away, and leaves the live record as it answers, unless the service goes too. */

import {
  accountFinding,
  credentialsFinding,
  type DeployFinding,
  regionFinding,
} from '../../core/deploy/findings.ts';
import type { PlannedStack } from '../../core/deploy/stacks.ts';
import { DrillError } from '../../core/errors.ts';
import { isMoving } from '../../core/failover/states.ts';
import { dataTableOf } from '../../events/dataTable.ts';
import { DeployOutput } from '../../events/deployOutput.ts';
import { type Former, lookAtFormer, NO_FORMER } from '../deploy/former.ts';
import { unlessGivenUp } from '../deploy/givenUp.ts';
import { lookAtClosedListener } from '../deploy/listener.ts';
import { type Aws, keyOf, lookAtStacks } from '../deploy/look.ts';
import { refusalOf } from '../deploy/refusal.ts';
import { removeRest, removeRetained, removeStacks, type Stays } from '../deploy/remove.ts';
import { readWatch } from '../deploy/seed.ts';
import type { DeploySetup } from '../deploy/setup.ts';
import { unhook } from '../deploy/unhook.ts';
import { EXIT } from '../failure.ts';
import { servesIn } from '../lint/setup.ts';
import { deployLines } from '../output/deployText.ts';
import type { Output } from '../output/output.ts';
import { confirmed } from '../where/confirmed.ts';
import type { DeployOptions } from './deploy.ts';

/** Those that may move traffic: they go first, so that nothing moves while the record is taken off. */
const MOVERS = ['failover', 'watcher', 'rehearsal', 'promotion'];

type Watch = Awaited<ReturnType<typeof readWatch>>;
type Result = Omit<DeployOutput, 'action' | 'cost'>;
type Looked = { readonly watch: Watch; readonly findings: readonly DeployFinding[] };

const tell = (output: Output, result: Result): void => {
  const parsed = DeployOutput.parse({ ...result, action: 'destroy', cost: null });
  output.result(parsed, (style) => deployLines(parsed, style));
};

const activeOf = ({ plan, state }: Watch): string | null => state?.active ?? plan?.primary ?? null;

/** Whether the region that the record answers for goes on serving: it does where the service is somebody else's. */
const goesOn = (watch: Watch, { checked: { config } }: DeploySetup): boolean =>
  !servesIn(config).includes(activeOf(watch) ?? '');

/** `wasOn`: whether it was on the switch; undefined before anybody has looked. */
const changeText = (watch: Watch, setup: DeploySetup, wasOn?: boolean): string => {
  const active = activeOf(watch);
  if (active === null) return 'no deployment has touched it';
  if (!goesOn(watch, setup) && wasOn !== false) {
    return wasOn
      ? 'is gone, as is the service'
      : 'goes first, and then the service: nobody is answered any more';
  }
  if (wasOn === undefined) return `will go on answering as ${active} does, and fail over no more`;
  return wasOn
    ? `answers as ${active} does, and fails over no more`
    : 'was not on the switch, and is left as it was';
};

/** What is there of the stacks, and what would stay; with no account, nobody is asked. */
const planOf = async (
  aws: Aws,
  setup: DeploySetup,
  accountId: string | null,
  { watch, findings }: Looked,
): Promise<Omit<Result, 'outcome'>> => {
  const seen = accountId === null ? null : await lookAtStacks(aws.stacks, setup);
  // Whatever state a stack is in, it can be taken away.
  const dark = (seen?.findings ?? []).filter(({ check }) => check !== 'stack-blocked');
  return {
    service: setup.service,
    stage: setup.stage,
    account: accountId,
    stacks: setup.planned.map(({ role, region, name, resources }) => ({
      ...{ role, region, name, resources: [...resources] },
      status: seen?.found.get(keyOf({ name, region }))?.status ?? null,
      outcome: 'planned',
      adopts: [],
    })),
    dns: setup.live && {
      record: setup.live.record,
      zone: setup.live.zone,
      driver: setup.live.driver,
      found: null,
      change: changeText(watch, setup),
    },
    removes: [],
    findings: [...findings, ...dark],
    kept: [],
  };
};

const shownRetained = ({ retained: { kind, name, region }, why }: Stays): string =>
  `${kind} ${name} in ${region}${why === null ? '' : `, which is not ours by its tags: ${why}`}`;

/** What is the service's own, or a person's, and was never ours to delete. */
const notOurs = ({ checked: { config }, live }: DeploySetup): string[] => {
  const table = dataTableOf(config);
  return [
    ...(config.notify.slack === undefined
      ? []
      : [`parameter ${config.notify.slack}, which you made`]),
    ...(table === null
      ? []
      : [
          `items failover-heartbeat#… in your table ${table}, which its time to live or you remove`,
        ]),
    ...(live === null ? [] : [`the zone ${live.zone} with ${live.record}`]),
  ];
};

type Removing = {
  readonly aws: Aws;
  readonly setup: DeploySetup;
  /** Of an earlier deployment. */
  readonly former: Former;
  readonly accountId: string;
  readonly options: DeployOptions;
  readonly output: Output;
  readonly signal: AbortSignal;
};

type Removed = Pick<Result, 'kept'> & {
  readonly outcomes: ReadonlyMap<string, 'removed' | 'absent'>;
  readonly wasOn: boolean;
};

const removed = async (
  { aws, setup, former, accountId, options, output, signal }: Removing,
  watch: Watch,
): Promise<Removed> => {
  const telling = { note: output.note, signal };
  const isMover = ({ role }: { role: string }): boolean => MOVERS.includes(role);
  const movers = setup.planned.filter(isMover);
  const others = setup.planned.filter((stack) => !isMover(stack));
  const outcomes = new Map<string, 'removed' | 'absent'>();
  const away = async (stacks: typeof movers): Promise<void> => {
    const ended = await removeStacks(aws, stacks, telling);
    for (const [at, stack] of stacks.entries()) {
      outcomes.set(keyOf(stack), ended[at] === 'removed' ? 'removed' : 'absent');
    }
  };
  await away(movers);
  const active = activeOf(watch);
  let wasOn = false;
  if (watch.plan !== null && active !== null) {
    const stays = goesOn(watch, setup);
    wasOn = await unhook(watch.plan, active, stays, signal);
    const is = stays ? `answers as ${active} does` : 'is gone';
    if (wasOn) output.note(`  ${watch.plan.record} ${is}`);
  }
  await away(others);
  const everywhere = withFormer(setup, former.absent);
  const isKept = options.keep === 'evidence';
  const stays = await removeRetained(aws, everywhere, accountId, isKept, telling);
  await removeRest(aws, everywhere);
  return { outcomes, wasOn, kept: [...stays.map(shownRetained), ...notOurs(setup)] };
};

const callerOf = async (aws: Aws, setup: DeploySetup) => {
  try {
    const { accountId } = await aws.account.caller();
    return { accountId, findings: accountFinding(setup.checked.config.aws.account, accountId) };
  } catch (error) {
    return { accountId: null, findings: [credentialsFinding(refusalOf(error))] };
  }
};

/** The plan with what it has no place for: it is as much a part of what goes. */
const withFormer = (setup: DeploySetup, former: readonly PlannedStack[]): DeploySetup => ({
  ...setup,
  planned: [...setup.planned, ...former],
});

const NOTHING_KNOWN: Watch = { plan: null, state: null };

/** Where traffic is: with a region that does not say so, or keeps clients out, nothing is taken away. */
const lookAtWatch = async (setup: DeploySetup, { unknown }: Former): Promise<Looked> => {
  if (setup.live === null) return { watch: NOTHING_KNOWN, findings: [] };
  try {
    const watch = await readWatch(setup);
    return { watch, findings: [...unknown, ...(await lookAtClosedListener(setup))] };
  } catch (error) {
    const finding = regionFinding(setup.homeRegion, 'dynamodb:GetItem', refusalOf(error));
    return { watch: NOTHING_KNOWN, findings: [finding] };
  }
};

/** @throws DrillError `DeployBlocked` while a failover is under way */
const settled = (watch: Watch, { service }: DeploySetup): void => {
  const phase = watch.state?.phase;
  if (phase === undefined || !isMoving(phase)) return;
  throw new DrillError(
    'DeployBlocked',
    `${service} is ${phase}: a failover is under way. Let it end before it is taken away`,
  );
};

/** All that can be known without changing anything; no account where it is another one, or nobody can be asked. */
const lookAround = async (aws: Aws, configured: DeploySetup) => {
  const { accountId: asked, findings } = await callerOf(aws, configured);
  const accountId = findings.length === 0 ? asked : null;
  const former = accountId === null ? NO_FORMER : await lookAtFormer(aws, configured, 'destroy');
  const setup = withFormer(configured, former.stacks);
  const looked =
    accountId === null ? { watch: NOTHING_KNOWN, findings } : await lookAtWatch(setup, former);
  return {
    ...{ accountId, former, setup, watch: looked.watch },
    plan: await planOf(aws, setup, accountId, looked),
  };
};

/** @returns the exit code. */
export const destroy = async (
  aws: Aws,
  configured: DeploySetup,
  options: DeployOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const { accountId, former, setup, watch, plan } = await unlessGivenUp(
    () => lookAround(aws, configured),
    signal,
  );
  const isKnown = accountId !== null && plan.findings.every(({ severity }) => severity === 'warn');
  if (options.dryRun || !isKnown) {
    tell(output, { ...plan, outcome: isKnown ? 'planned' : 'blocked' });
    return isKnown ? EXIT.ok : EXIT.input;
  }
  settled(watch, setup);
  const begun = DeployOutput.parse({ ...plan, action: 'destroy', cost: null, outcome: 'begun' });
  for (const line of deployLines(begun, output.style)) output.note(line);
  const what = options.keep === 'evidence' ? 'all but the evidence' : 'all of it, evidence too';
  const then = goesOn(watch, setup)
    ? 'then fails over no more'
    : 'then answers nobody: the service goes, too';
  const text = `Remove ${what} from account ${accountId}? ${setup.live?.record ?? setup.service} ${then}.`;
  if (!(await confirmed(text, options, output, signal))) {
    tell(output, { ...plan, outcome: 'declined' });
    return EXIT.ok;
  }
  const { outcomes, wasOn, kept } = await removed(
    { aws, setup, former, accountId, options, output, signal },
    watch,
  );
  tell(output, {
    ...plan,
    stacks: plan.stacks.map((stack) => ({
      ...stack,
      outcome: outcomes.get(keyOf(stack)) ?? 'absent',
    })),
    dns: plan.dns && { ...plan.dns, change: changeText(watch, setup, wasOn) },
    kept,
    outcome: 'done',
  });
  return EXIT.ok;
};
