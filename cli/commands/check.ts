/** `failover check`: is the configuration right, and what would a drill do, take and cost? */
import type { Findings } from '../../core/dockerfile/findings.ts';
import { cellsOf } from '../../core/drill/plan.ts';
import { gateReason, gatesAsked, judgeImage } from '../../core/images/gates.ts';
import { judgePair } from '../../core/regions/judge.ts';
import { isRegion } from '../../core/regions/regions.ts';
import { nextOccurrence } from '../../core/schedule/next.ts';
import { formatMs } from '../../core/units.ts';
import { CheckOutput, type LiveStandby } from '../../events/checkOutput.ts';
import { HealthConfig } from '../../events/config.ts';
import { gateLimits } from '../../events/gates.ts';
import { openYaml } from '../../local/stack/variables.ts';
import { loadConfig } from '../config/load.ts';
import { residencyNotes } from '../config/residency.ts';
import { type CheckedConfig, checkConfig } from '../config/validate.ts';
import { drillCost, measuringOf, watchCost } from '../cost/figures.ts';
import { EXIT } from '../failure.ts';
import { type FailOn, fails, junitOf } from '../findings/junit.ts';
import { findingsOfConfig } from '../findings/read.ts';
import { sarifOf } from '../findings/sarif.ts';
import { findingLines } from '../findings/text.ts';
import { writeReport } from '../findings/writeReport.ts';
import { isTroubled, liveLines, readLiveStandby } from '../liveStandby.ts';
import type { Output } from '../output/output.ts';
import { checkWatch } from '../watch/checkWatch.ts';

/** A longer time to live is most of the time to recover. */
const TTL_LONG_MS = 300_000;

/** Settings that a drill does not read: they are checked here, and used by the parts named. */
const unusedByDrill = ({ config }: CheckedConfig): string[] => {
  const { record, health, failover } = config;
  const unwatched = record === undefined;
  const notes: [unknown, string][] = [
    [
      unwatched ? health : undefined,
      'health is for watching the live service, which needs a record',
    ],
    [
      unwatched ? failover : undefined,
      'failover is for watching the live service, which needs a record',
    ],
    [
      config.drill.promote === 'manual' ? undefined : config.drill.promote,
      'drill.promote: a drill promotes only where the service is watched at the same time; otherwise its report says what to run',
    ],
  ];
  return notes.filter(([value]) => value !== undefined).map(([, note]) => note);
};

const scanNotes = ({ scanned: { missing } }: CheckedConfig): string[] =>
  missing.length === 0
    ? []
    : [
        `there is no ${missing.join(', ')} yet: without a scan the gate on vulnerabilities is not judged`,
      ];

/** What the gates say before anything is built: findings and scans are known, sizes and errors are not. */
const gateNotes = (
  { config, variants, scanned: { scans } }: CheckedConfig,
  { findings }: Findings,
): string[] => {
  const limits = { ...gateLimits(config.drill.gates), sizeBytes: null };
  return variants.flatMap(({ id }) => {
    const own = findings.filter((finding) => finding.variants.includes(id));
    const scan = scans[id] ?? null;
    const image = { compressedBytes: null, digests: [], findings: own, scan };
    const why = gateReason(judgeImage(image, limits));
    if (why === undefined) return [];
    return id === config.image?.reference
      ? [`${id}, which runs today, would be measured all the same; ${why}`]
      : [`${id} would not be placed; ${why}`];
  });
};

const pairOf = ({ config }: CheckedConfig) => {
  const primary = config.regions.primary.name;
  const standby = config.regions.standby.name;
  return isRegion(primary) && isRegion(standby) ? judgePair(primary, standby) : null;
};

const scheduleOf = ({ config }: CheckedConfig, nowMs: number) => {
  const { schedule, timezone } = config.drill;
  if (schedule === undefined) return null;
  const next = nextOccurrence(schedule, timezone, nowMs);
  return { schedule, timezone, next: next === undefined ? null : new Date(next).toISOString() };
};

/** The plan that `check` prints, as data. */
export const planOf = (checked: CheckedConfig, found: Findings, nowMs: number) => {
  const { config, variants } = checked;
  const { serving, vantages, sampling, arms, kinds, measuringMs } = measuringOf(config, variants);
  const read = openYaml();
  const drill = drillCost(config, variants, read);
  const watch = watchCost(config, read);
  return {
    file: checked.file,
    service: config.service,
    regions: { serving, vantages },
    pair: pairOf(checked),
    variants,
    reference: config.image?.reference ?? null,
    arms: arms.map(({ id, role }) => ({ id, role })),
    cells: cellsOf(serving, vantages).length,
    probes: kinds,
    rounds: sampling.rounds,
    samples: sampling.samples,
    ratePerS: sampling.ratePerS,
    placements: arms.length * serving.length * sampling.rounds.min,
    estimatedMs: measuringMs,
    /** In US dollars, rough: `failover cost` tells of what. */
    estimatedCostUsd: {
      drill: drill === null ? null : { total: drill.usd, parts: drill.parts },
      watchMonth: watch === null ? null : { total: watch.usd, parts: watch.parts },
    },
    schedule: scheduleOf(checked, nowMs),
    gates: gatesAsked(gateLimits(config.drill.gates)),
    notes: [
      ...residencyNotes(checked),
      ...scanNotes(checked),
      ...gateNotes(checked, found),
      ...unusedByDrill(checked),
      ...watchNotes(checked),
    ],
  };
};

/** Settings of a watch that are right, and hardly meant. */
const watchNotes = ({ config: { record, health, dns } }: CheckedConfig): string[] => {
  if (record === undefined) return [];
  const { down, interval } = health ?? HealthConfig.parse({});
  return [
    ...(down < 2 * interval
      ? [
          `health.down ${formatMs(down)} is less than two intervals of ${formatMs(interval)}: a single probe that is lost speaks for DOWN`,
        ]
      : []),
    ...(dns.ttl > TTL_LONG_MS
      ? [`dns.ttl: clients may ask the lost region for ${formatMs(dns.ttl)} after a flip`]
      : []),
  ];
};

type Plan = ReturnType<typeof planOf>;

const roundsText = ({ min, max }: Plan['rounds']): string =>
  min === max ? `${min} rounds` : `${min} to ${max} rounds, stopping early once all is decided`;

const planLines = (plan: Plan): string[] => {
  const { serving, vantages } = plan.regions;
  const lines = [
    `${plan.file} is right.`,
    '',
    `service    ${plan.service}`,
    `regions    ${serving.join(' → ')}, seen from ${vantages.join(', ')}`,
  ];
  const [first, ...more] = plan.pair?.why ?? [];
  if (first !== undefined)
    lines.push(`pair       ${first}`, ...more.map((why) => `           ${why}`));
  if (plan.variants.length === 0) {
    lines.push('variants   none: image is not set, so there is nothing to drill');
  } else {
    lines.push(
      `variants   ${plan.variants.map(({ id }) => (id === plan.reference ? `${id} (today, measured twice)` : id)).join(', ')}`,
      `probes     ${plan.probes.join(', ')}: ${plan.samples} samples at ${plan.ratePerS}/s for each kind`,
      `plan       ${roundsText(plan.rounds)}; ${plan.cells} cells; ${plan.placements} placements`,
      `time       about ${formatMs(plan.estimatedMs)} of measuring, besides the builds`,
      `on AWS     about $${(plan.estimatedCostUsd.drill?.total ?? 0).toFixed(2)} a drill (rough; failover cost tells of what)`,
    );
  }
  const { watchMonth } = plan.estimatedCostUsd;
  if (watchMonth !== null) {
    lines.push(`           about $${watchMonth.total.toFixed(2)} a month to watch it all day`);
  }
  const [gate, ...otherGates] = plan.gates;
  if (gate !== undefined) {
    lines.push(`gates      ${gate}`, ...otherGates.map((other) => `           ${other}`));
  }
  if (plan.schedule) {
    const { schedule, timezone, next } = plan.schedule;
    lines.push(
      `schedule   ${schedule} in ${timezone}; ${next === null ? 'it never comes again: no drill starts by itself' : `next ${next}`}`,
    );
  }
  return [...lines, ...plan.notes.map((note) => `note       ${note}`)];
};

export type CheckOptions = {
  readonly config: string;
  readonly defaults?: boolean;
  readonly failOn?: FailOn;
  readonly sarif?: string;
  readonly junit?: string;
};

/** Looks at the endpoints of the regions, too. @returns the exit code, as `check`. */
export const checkLive = async (
  options: CheckOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const { config } = checkConfig(loadConfig(options.config));
  return check(options, output, await readLiveStandby(config, Date.now(), signal));
};

/**
 * @returns the exit code: marked when a finding is as severe as `--fail-on`, or the gate, says, and when
 * a region that was looked at has drifted, or could not be seen.
 */
export const check = (
  options: CheckOptions,
  output: Output,
  live: LiveStandby | null = null,
): number => {
  const checked = checkConfig(loadConfig(options.config));
  if (checked.config.record !== undefined) checkWatch(checked);
  if (options.defaults) {
    output.result(checked.config, () => [JSON.stringify(checked.config, null, 2)]);
    return EXIT.ok;
  }
  const found = findingsOfConfig(checked);
  const failOn = options.failOn ?? checked.config.drill.gates?.findings ?? 'none';
  const { sarif, junit } = options;
  if (sarif !== undefined) writeReport('sarif', sarif, JSON.stringify(sarifOf(found), null, 2));
  if (junit !== undefined) {
    writeReport('junit', junit, junitOf(found, checked.dockerfile?.file ?? checked.file, failOn));
  }
  const failed = found.findings.filter((finding) => fails(finding, failOn));
  const plan = planOf(checked, found, Date.now());
  const result = CheckOutput.parse({ ...plan, ...found, failOn, failed: failed.length, live });
  output.result(result, (style) => [
    ...planLines(plan),
    ...(live ? liveLines(live) : []),
    ...(checked.dockerfile ? ['', ...findingLines(found, style)] : []),
    ...(failed.length > 0 ? [`${failed.length} of them at or above ${failOn}: exit code 3`] : []),
  ]);
  return failed.length > 0 || (live && isTroubled(live)) ? EXIT.marked : EXIT.ok;
};
