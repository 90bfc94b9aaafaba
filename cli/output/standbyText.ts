/** How far data is behind between the regions, and whether the standby is what the primary is. */
import { formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

const NONE = '–';

export const replicationLines = ({ replication }: DrillReport, style: Style): string[] => {
  if (replication.length === 0) return [];
  const rows = replication.map(({ from, to, roles, heartbeats, unseen, lag }) => [
    `${from} → ${to}`,
    roles,
    lag ? formatMs(lag.p50) : NONE,
    lag ? formatMs(lag.p95) : NONE,
    lag ? formatMs(lag.max) : NONE,
    `${unseen} of ${heartbeats}`,
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    ...[{ title: 'data' }, { title: 'direction' }],
    ...[right('behind p50'), right('p95'), right('max'), right('never came')],
  ];
  return tableLines(columns, rows, style.dim).map((line) => `  ${line}`);
};

/** One line where the service runs in both regions and nothing differs; differences are problems. */
export const standbyLines = ({ standby }: DrillReport, style: Style): string[] => {
  if (!standby?.primary.service || !standby.standby.service || standby.drifts.length > 0) return [];
  return [
    `  ${style.good('the standby runs what the primary runs')}: image, environment, capacity, limits`,
  ];
};
