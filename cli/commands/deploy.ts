/** `failover deploy`: puts a service into an account of AWS, region by region, and takes it away again. */
import { DeployOutput } from '../../events/deployOutput.ts';
import { type Aws, keyOf, lookAtAws, openAws, type Seen } from '../deploy/look.ts';
import { type DeploySetup, readSetup } from '../deploy/setup.ts';
import { EXIT } from '../failure.ts';
import { deployLines } from '../output/deployText.ts';
import type { Output } from '../output/output.ts';
import { costOf } from './cost.ts';

export type DeployOptions = {
  readonly config: string;
  readonly stage: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
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
  const { drill, watch, monthUsd } = costOf(config, Date.now(), stage);
  return { drillUsd: drill?.usd ?? null, watchMonthUsd: watch?.usd ?? null, monthUsd };
};

const told = (
  setup: DeploySetup,
  { caller, record, found, findings }: Seen,
  options: DeployOptions,
): Omit<DeployOutput, 'outcome' | 'action'> => ({
  service: setup.service,
  stage: setup.stage,
  account: caller?.accountId ?? null,
  stacks: setup.planned.map(({ role, region, name, resources }) => ({
    role,
    region,
    name,
    resources: [...resources],
    status: found.get(keyOf({ name, region }))?.status ?? null,
    outcome: 'planned',
  })),
  dns: setup.live && {
    record: setup.live.record,
    zone: setup.live.zone,
    driver: setup.live.driver,
    found: record?.kind ?? null,
    change: changeText(setup, record),
  },
  cost: costPart(options),
  findings: [...findings].sort((a, b) => a.severity.localeCompare(b.severity)),
  kept: [],
});

/** A dry run needs no account: it then tells what the templates say, and that nothing was checked. */
const dryRun = (setup: DeploySetup, seen: Seen, options: DeployOptions, output: Output): number => {
  const isBlocked = seen.findings.some(({ severity }) => severity === 'stop');
  const outcome = isBlocked && seen.caller !== null ? 'blocked' : 'planned';
  const result = { ...told(setup, seen, options), action: 'deploy' as const, outcome };
  output.result(DeployOutput.parse(result), (style) =>
    deployLines(DeployOutput.parse(result), style),
  );
  return outcome === 'blocked' ? EXIT.input : EXIT.ok;
};

const withAws = async <T>(work: (aws: Aws) => Promise<T>): Promise<T> => {
  const aws = openAws();
  try {
    return await work(aws);
  } finally {
    aws.close();
  }
};

/** @returns the exit code. */
export const deploy = async (
  options: DeployOptions,
  output: Output,
  _signal: AbortSignal,
): Promise<number> => {
  const setup = readSetup(options.config, options.stage);
  return withAws(async (aws) => dryRun(setup, await lookAtAws(aws, setup), options, output));
};
