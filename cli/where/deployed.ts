/**
 * What was deployed, for commands that operate it. Everything is asked in the home region, or of one of two
 * controllers, so that it works while the primary and us-east-1 are down; what cannot be asked is named within seconds.
 */
import { askCaller, type Caller } from '../../aws/caller.ts';
import type { SdkSettings } from '../../aws/sdk.ts';
import { accountFinding, type Refusal } from '../../core/deploy/findings.ts';
import { type Operated, type Trouble, troubleOf } from '../../core/deploy/troubles.ts';
import { DrillError } from '../../core/errors.ts';
import type { Config } from '../../events/config.ts';
import type { OperatedPlace } from '../../events/operatedPlace.ts';
import { loadConfig } from '../config/load.ts';
import { refusalOf } from '../deploy/refusal.ts';
import type { Output } from '../output/output.ts';
import { regionsFor, type Wanted } from './inCharge.ts';
import type { OnAws } from './options.ts';

/** A connection takes one round trip, and a read a few milliseconds more. */
const CONNECT_MS = 2_000;
const READ_MS = 5_000;
/** A function may have to start first, and gathers facts from other regions before it decides. */
const CALL_MS = 60_000;

export type Deployed = {
  readonly config: Config;
  readonly place: OperatedPlace;
  readonly sdkIn: (region: string) => SdkSettings;
  /** Of the region that is asked; credentials and endpoint are found as the SDK finds them. */
  readonly sdk: SdkSettings;
  /** The same for what waits for a function. */
  readonly callSdk: SdkSettings;
  /** An error of AWS in a region by its name; any other as it is. */
  readonly named: (error: unknown, region: string) => unknown;
  /** What a further command needs to work on the same: ` --on aws`, with the stage and the file. */
  readonly options: string;
  /** Why it cannot be worked on: a `not-deployed` by another sign than an error. */
  readonly deploy: string;
};

/** Worth another try as it is; everything else a person has to change. */
const PASSING: readonly Trouble['check'][] = ['throttled', 'not-answered'];

export const blockedBy = ({ check, what, remedy }: Trouble, cause?: unknown): DrillError =>
  new DrillError(
    PASSING.includes(check) ? 'TransientFailure' : 'AwsBlocked',
    `${check}: ${what}. What to do: ${remedy}`,
    { check },
    cause,
  );

const codedRefusalOf = (error: Error): Refusal & { readonly code?: string } => {
  const { code } = Object(error);
  const base = refusalOf(error);
  return typeof code === 'string' ? { ...base, code } : base;
};

/** An answer of AWS by its name; anything else as it is. */
export const named = (error: unknown, at: Operated): unknown => {
  if (!(error instanceof Error) || error instanceof DrillError) return error;
  const trouble = troubleOf(codedRefusalOf(error), at);
  return trouble === null ? error : blockedBy(trouble, error);
};

const deployCommand = ({ stage, config }: OnAws): string =>
  `failover deploy --config ${config} --stage ${stage}`;

const checkAccount = (config: Config, { accountId }: Caller): void => {
  const [wrong] = accountFinding(config.aws.account, accountId);
  if (wrong === undefined) return;
  const { what, remedy } = wrong;
  throw blockedBy({ check: 'wrong-account', what, remedy });
};

export const placeText = ({ account, region, stage, service }: OperatedPlace): string =>
  `${service} on AWS · stage ${stage} · account ${account} · ${region}`;

const sdkIn = (region: string, socketTimeout: number): SdkSettings => ({
  region,
  requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout },
});

const readIn = (region: string): SdkSettings => sdkIn(region, READ_MS);

type Work<T> = (deployed: Deployed) => Promise<T>;

const workIn = async <T>(
  region: string,
  at: OnAws,
  config: Config,
  output: Output,
  work: Work<T>,
): Promise<T> => {
  const deploy = deployCommand(at);
  const { service } = config;
  const namedIn = (error: unknown, where: string) =>
    named(error, { service, region: where, deploy });
  try {
    const sdk = readIn(region);
    const caller = await askCaller(sdk);
    checkAccount(config, caller);
    const place = { account: caller.accountId, region, stage: at.stage, service };
    output.note(placeText(place));
    const callSdk = sdkIn(region, CALL_MS);
    return await work({
      ...{ config, place, sdkIn: readIn, sdk, callSdk, named: namedIn },
      ...{ options: at.options, deploy },
    });
  } catch (error) {
    throw namedIn(error, region);
  }
};

/** The check that stands in the way, where it is one of AWS's. */
export const checkOf = (error: unknown): unknown =>
  error instanceof DrillError ? error.details['check'] : undefined;

const isUnanswered = (error: unknown): boolean => checkOf(error) === 'not-answered';

/**
 * Looks who asks, says where it works, and works; in the next region where one does not answer and another will do.
 * @throws Faults `ConfigInvalid`; DrillError `AwsBlocked` or `TransientFailure` with the check in its details.
 */
export const withDeployed = async <T>(
  at: OnAws,
  output: Output,
  wanted: Wanted,
  work: Work<T>,
): Promise<T> => {
  // As it was deployed; the Dockerfile that it names need not be at hand in the night.
  const { config } = loadConfig(at.config, at.stage);
  const [region, ...others] = await regionsFor(config, wanted, readIn);
  const workAt = (each: string) => workIn(each, at, config, output, work);
  let worked = workAt(region);
  for (const other of others) {
    worked = worked.catch((error: unknown) => {
      if (!isUnanswered(error)) throw error;
      output.note(`  ${region} does not answer: ${other} is asked`);
      return workAt(other);
    });
  }
  return worked;
};
