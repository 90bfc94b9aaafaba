/** `failover history`: the drills that are kept, newest first. */
import { DrillError } from '../../core/errors.ts';
import { formatMs } from '../../core/units.ts';
import { type DrillLine, HistoryOutput } from '../../events/historyOutput.ts';
import { dataFolder } from '../dataFolder.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { tableLines } from '../output/table.ts';
import { withStore } from '../store.ts';

export type HistoryOptions = { readonly data?: string; readonly limit: string };

const LIMIT_MAX = 1_000;
const SUMMARY_MAX = 90;

const limitOf = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new DrillError(
    'InputInvalid',
    `--limit ${text}: expected a whole number from 1 to ${LIMIT_MAX}`,
  );
};

const statusText = ({ status }: DrillLine, style: Style): string => {
  if (status === 'SUCCEEDED') return style.good('done');
  if (status === 'RUNNING') return 'running';
  return status === 'FAILED' ? style.bad('failed') : style.warn('interrupted');
};

const tookText = ({ startedAt, finishedAt }: DrillLine): string =>
  finishedAt === null ? '–' : formatMs(Date.parse(finishedAt) - Date.parse(startedAt));

const summaryText = ({ summary, status }: DrillLine): string => {
  if (status === 'INTERRUPTED') return 'go on with: failover drill --resume';
  const text = summary ?? '';
  return text.length > SUMMARY_MAX ? `${text.slice(0, SUMMARY_MAX - 1)}…` : text;
};

export const historyLines = (drills: readonly DrillLine[], style: Style): string[] => {
  if (drills.length === 0) return ['No drill is kept yet. Run one with: failover drill'];
  const rows = drills.map((drill) => [
    drill.drillId,
    `${drill.startedAt.slice(0, 16).replace('T', ' ')} UTC`,
    statusText(drill, style),
    tookText(drill),
    String(drill.roundsDone),
    summaryText(drill),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  return tableLines(
    [
      ...[{ title: 'drill' }, { title: 'started' }, { title: 'status' }],
      ...[right('took'), right('rounds'), { title: 'summary' }],
    ],
    rows,
    style.dim,
  );
};

export const history = async (options: HistoryOptions, output: Output): Promise<void> => {
  const limit = limitOf(options.limit);
  const drills = await withStore(dataFolder(options.data, process.env), (store) =>
    store.drills(limit),
  );
  const lines = drills.map(({ table: _table, region: _region, ...line }) => line);
  output.result(HistoryOutput.parse({ drills: lines }), (style) => historyLines(lines, style));
};
