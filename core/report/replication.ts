/** Replication of the data store between the serving regions, as heartbeats measured it. */
import { type Burst, mergedSketch, type QuantilesMs, quantilesMs, sum } from '../drill/bursts.ts';
import { formatMs } from '../units.ts';
import { CELL_ARM_ID } from './cells.ts';
import type { Problem } from './findings.ts';

/** One direction. Data that is lost when `from` is lost is as old as the lag says. */
export type ReplicationReport = {
  from: string;
  to: string;
  /** `primary → standby`, the one that a failover depends on, or back. */
  roles: string;
  heartbeats: number;
  /** Those that had not come within the probe's timeout. */
  unseen: number;
  /** Writes and reads that failed. */
  failed: number;
  lag: QuantilesMs | null;
};

type Plan = {
  readonly primary: string;
  readonly standby: string;
  readonly rpoMs: number | null;
  readonly probes: readonly { readonly kind: string }[];
};

const LAG = 'replication.lag';

const countOf = (bursts: readonly Burst[], key: string): number =>
  sum(bursts.map(({ errors }) => errors[key] ?? 0));

/** Heartbeats are written in the region of a cell and read in the vantage's. */
export const replicationReports = (plan: Plan, bursts: readonly Burst[]): ReplicationReport[] => {
  const measured = bursts.filter(
    ({ armId, sent, errors }) =>
      armId === CELL_ARM_ID &&
      (sent['replication'] !== undefined || errors['replication.store'] !== undefined),
  );
  const pairs: [string, string, string][] = [
    [plan.primary, plan.standby, 'primary → standby'],
    [plan.standby, plan.primary, 'standby → primary'],
  ];
  return pairs.flatMap(([from, to, roles]) => {
    const here = measured.filter(({ cell }) => cell.region === from && cell.vantage === to);
    if (here.length === 0) return [];
    return [
      {
        ...{ from, to, roles },
        heartbeats: sum(here.map(({ sent }) => sent['replication'] ?? 0)),
        unseen: countOf(here, 'replication.unseen'),
        failed: countOf(here, 'replication.store'),
        lag: quantilesMs(mergedSketch(here, LAG)) ?? null,
      },
    ];
  });
};

const behindText = (
  { heartbeats, unseen, lag }: ReplicationReport,
  rpoMs: number | null,
): string | undefined => {
  if (unseen > 0) {
    return `${unseen} of ${heartbeats} heartbeats had not come when the probe gave up on them: a failover now would lose what was written. Look at the replication of the table`;
  }
  if (lag === null || rpoMs === null || lag.p95 <= rpoMs) return undefined;
  return `data is ${formatMs(lag.p95)} behind at p95, more than failover.rpo of ${formatMs(rpoMs)}: a failover would be refused or lose writes`;
};

export const replicationProblems = (
  reports: readonly ReplicationReport[],
  { rpoMs }: Pick<Plan, 'rpoMs'>,
): Problem[] =>
  reports.flatMap((report) => {
    const what = behindText(report, rpoMs);
    const where = `${report.from} → ${report.to} (${report.roles})`;
    return what === undefined ? [] : [{ kind: 'ReplicationBehind', where, what }];
  });

/** Why there is no lag to show, where there is data to replicate. */
export const replicationNotMeasured = (
  { probes }: Pick<Plan, 'probes'>,
  reports: readonly ReplicationReport[],
): { what: string; why: string }[] =>
  reports.length === 0 && probes.some(({ kind }) => kind === 'database')
    ? [
        {
          what: 'replication lag',
          why: 'no heartbeat was read in another serving region: both must be among drill.vantages',
        },
      ]
    : [];
