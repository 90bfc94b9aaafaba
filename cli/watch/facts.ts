/** What a watch tells a person, one fact a line, out of the events on its bus. */

import { isOrdered } from '../../core/failover/view.ts';
import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import { formatMs } from '../../core/units.ts';
import { EVENT_SOURCE } from '../../events/busEvent.ts';
import { FailoverCompleted } from '../../events/failoverCompleted.ts';
import { FailoverNotice } from '../../events/failoverNotice.ts';
import { PromotionNotice } from '../../events/promotionNotice.ts';
import { RegionVerdict } from '../../events/regionVerdict.ts';
import type { WatchFact } from '../../events/statusOutput.ts';
import type { EventEnvelope } from '../../local/eventbridge/events.ts';

type Fact = WatchFact;

/** What a single vantage cannot tell is said at the start and by the status, not in every line. */
const shortened = (why: string): string => why.replaceAll(`; ${SINGLE_VANTAGE_WORDS}`, '');

/** In its first seconds an observer knows nothing yet, which is no news. */
const isBeginning = ({ state, votes }: RegionVerdict): boolean =>
  state === 'UNKNOWN' && votes.every(({ reason }) => reason === 'starting');

const verdictFact = ({ service, region, state, atMs, why }: RegionVerdict): Fact => ({
  ...{ service, atMs, kind: 'verdict' },
  text: `${region} ${state}: ${shortened(why)}`,
});

const approvalHint = ({ approval }: FailoverNotice): string =>
  approval === null ? '' : `. Approve with: failover approve ${approval.decisionId}`;

const noticeText = (notice: FailoverNotice): string => {
  const why = shortened(notice.why);
  return notice.notice === 'approval' ? `${why}${approvalHint(notice)}` : why;
};

const noticeFact = (notice: FailoverNotice): Fact => ({
  ...{ service: notice.service, atMs: notice.atMs, kind: notice.notice },
  text: noticeText(notice),
});

const completedFact = (completed: FailoverCompleted): Fact => {
  const { service, atMs, cause, outcome, active, epoch, timings, reason } = completed;
  const word = isOrdered(cause) ? 'took' : 'RTO';
  const rto = timings?.rtoMs === null || !timings ? '' : ` · ${word} ${formatMs(timings.rtoMs)}`;
  const why = outcome === 'done' ? '' : `: ${reason}`;
  return {
    ...{ service, atMs, kind: 'completed' },
    text: `${outcome}, ${active} serves at epoch ${epoch}${rto}${why}`,
  };
};

const promotionFact = ({ service, atMs, notice, promotionId, why }: PromotionNotice): Fact => ({
  ...{ service, atMs, kind: 'promotion' },
  text: notice === 'step' ? `${promotionId}: ${why}` : `${promotionId} ${notice}: ${why}`,
});

/** The fact in an event; undefined where it holds none that a person wants to see as a line. */
export const factOf = (event: EventEnvelope): Fact | undefined => {
  if (event.source !== EVENT_SOURCE) return undefined;
  switch (event['detail-type']) {
    case 'RegionVerdict': {
      const { data } = RegionVerdict.safeParse(event.detail);
      return data && !isBeginning(data) ? verdictFact(data) : undefined;
    }
    case 'FailoverNotice': {
      const { data } = FailoverNotice.safeParse(event.detail);
      return data && noticeFact(data);
    }
    case 'FailoverCompleted': {
      const { data } = FailoverCompleted.safeParse(event.detail);
      return data && completedFact(data);
    }
    case 'PromotionNotice': {
      const { data } = PromotionNotice.safeParse(event.detail);
      return data && promotionFact(data);
    }
    default:
      return undefined;
  }
};

const KEPT_MAX = 200;

/** Keeps the last facts, each once: events are delivered at least once. */
export const createFacts = () => {
  const kept: Fact[] = [];
  let tell: ((fact: Fact) => void) | undefined;
  return {
    all: (): readonly Fact[] => kept,
    /** Who hears of each fact; those of before are told at once. */
    tellTo: (listener: (fact: Fact) => void): void => {
      tell = listener;
      for (const fact of kept) listener(fact);
    },
    hear: (event: EventEnvelope): void => {
      const fact = factOf(event);
      if (fact === undefined) return;
      const { atMs, kind, text } = fact;
      if (kept.some((one) => one.atMs === atMs && one.kind === kind && one.text === text)) return;
      kept.push(fact);
      if (kept.length > KEPT_MAX) kept.shift();
      tell?.(fact);
    },
  };
};

/** As a line for a log: time, what, and why. */
export const factLine = ({ atMs, kind, text }: Fact): string =>
  `${new Date(atMs).toISOString()} ${kind === 'verdict' ? '' : `${kind}: `}${text}`;
