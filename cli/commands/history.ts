/** `failover history`: the drills, failovers and promotions that are kept, newest first. */
import { DrillError } from '../../core/errors.ts';
import { causeText } from '../../core/report/failoverWords.ts';
import { formatMs } from '../../core/units.ts';
import { type DrillLine, HistoryOutput } from '../../events/historyOutput.ts';
import type { PromotionLine } from '../../events/promotion.ts';
import { namesOf } from '../failovers/store.ts';
import { unreadText } from '../kept.ts';
import { outcomeText } from '../output/failoverText.ts';
import type { Output } from '../output/output.ts';
import { imageText, lineOf, outcomeWords, restsOnText } from '../output/promotionText.ts';
import type { Style } from '../output/style.ts';
import { tableLines } from '../output/table.ts';
import { withStore } from '../store.ts';
import type { WhereOptions } from '../where/options.ts';

export type HistoryOptions = WhereOptions & { readonly limit: string };

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

const right = (title: string) => ({ title, align: 'right' as const });

const drillLines = (drills: readonly DrillLine[], style: Style): string[] => {
  const rows = drills.map((drill) => [
    drill.drillId,
    `${drill.startedAt.slice(0, 16).replace('T', ' ')} UTC`,
    statusText(drill, style),
    tookText(drill),
    String(drill.roundsDone),
    summaryText(drill),
  ]);
  return tableLines(
    [
      ...[{ title: 'drill' }, { title: 'started' }, { title: 'status' }],
      ...[right('took'), right('rounds'), { title: 'summary' }],
    ],
    rows,
    style.dim,
  );
};

const failoverLines = (failovers: HistoryOutput['failovers'], style: Style): string[] => {
  const names = namesOf(failovers.map((each) => ({ ...each, region: each.keptIn })));
  const rows = failovers.map((failover, at) => {
    const { startedAtMs, from, to, cause, timings } = failover;
    return [
      names[at] ?? '',
      `${new Date(startedAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      outcomeText(failover, style),
      timings?.rtoMs == null ? '–' : formatMs(timings.rtoMs),
      `${from} → ${to}`,
      causeText(cause, from),
    ];
  });
  return tableLines(
    [
      ...[{ title: 'failover' }, { title: 'started' }, { title: 'status' }],
      ...[right('took'), { title: 'moved' }, { title: 'why' }],
    ],
    rows,
    style.dim,
  );
};

const promotionLines = (promotions: readonly PromotionLine[], style: Style): string[] => {
  const rows = promotions.map((promotion) => {
    const { promotionId, startedAtMs, finishedAtMs } = promotion;
    return [
      promotionId,
      `${new Date(startedAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      outcomeWords(promotion, style),
      finishedAtMs === null ? '–' : formatMs(finishedAtMs - startedAtMs),
      imageText(promotion),
      restsOnText(promotion),
    ];
  });
  return tableLines(
    [
      ...[{ title: 'promotion' }, { title: 'started' }, { title: 'status' }],
      ...[right('took'), { title: 'image' }, { title: 'by' }],
    ],
    rows,
    style.dim,
  );
};

export const historyLines = (
  { drills, failovers, promotions, unread }: HistoryOutput,
  style: Style,
  on = '',
): string[] => {
  const blocks = [
    ...(drills.length === 0 ? [] : [drillLines(drills, style)]),
    ...(failovers.length === 0 ? [] : [failoverLines(failovers, style)]),
    ...(promotions.length === 0 ? [] : [promotionLines(promotions, style)]),
  ];
  if (blocks.length === 0) {
    const watch = on === '' ? '; watch with: failover watch' : '';
    return [
      `Nothing is kept yet${unreadText(unread)}. Run a drill with: failover drill${on}${watch}`,
    ];
  }
  return blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block]));
};

export const history = async (options: HistoryOptions, output: Output): Promise<void> => {
  const limit = limitOf(options.limit);
  const kept = await withStore(
    options,
    output,
    'kept',
    { kind: 'drill, failover or promotion' },
    async (store) => ({
      drills: await store.drills(limit),
      failovers: await store.failovers.all(limit),
      promotions: await store.promotions.all(limit),
      ...{ unread: [...store.unread()], on: store.options },
    }),
  );
  const drills = kept.drills.map(({ table: _table, region: _region, ...line }) => line);
  const failovers = kept.failovers.map(({ summary, region }) => ({ ...summary, keptIn: region }));
  const promotions = kept.promotions.map(lineOf);
  const { unread } = kept;
  const said = HistoryOutput.parse({ drills, failovers, promotions, unread });
  output.result(said, (style) => historyLines(said, style, kept.on));
};
