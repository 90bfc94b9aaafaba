/** Promotions on a terminal. */
import type { PromotionOutcome } from '../../core/promotion/states.ts';
import { placeText, shortDigest } from '../../core/promotion/words.ts';
import type { PromotionOrder } from '../../events/promoteOutput.ts';
import type { PromotionLine, PromotionRecord } from '../../events/promotion.ts';
import type { Style } from './style.ts';

const OUTCOME_WORDS: Readonly<Record<PromotionOutcome, string>> = {
  RUNNING: 'under way',
  PROMOTED: 'promoted',
  ROLLED_BACK: 'rolled back',
  INTERRUPTED: 'interrupted',
  FAILED: 'failed, a person is needed',
};

export const outcomeWords = ({ outcome }: Pick<PromotionLine, 'outcome'>, style: Style): string => {
  const words = OUTCOME_WORDS[outcome];
  if (outcome === 'PROMOTED') return style.good(words);
  if (outcome === 'RUNNING') return words;
  return outcome === 'FAILED' ? style.bad(words) : style.warn(words);
};

export const lineOf = ({
  memory: _memory,
  gates: _gates,
  execution: _execution,
  ...line
}: PromotionRecord): PromotionLine => line;

export const imageText = ({
  variant,
  digest,
}: {
  readonly variant: string | null;
  readonly digest: string;
}): string => (variant === null ? shortDigest(digest) : `${variant} (${shortDigest(digest)})`);

/** By whom, and what it rests on. */
export const restsOnText = ({ by, evidence }: Pick<PromotionLine, 'by' | 'evidence'>): string => {
  if (evidence === null) return by === 'person' ? "a person's word" : 'the drill';
  const effect = evidence.effect === null ? 'not ranked against the reference' : evidence.effect;
  const rounds = evidence.rounds === null ? '' : ` in ${evidence.rounds}`;
  const who = by === 'person' ? 'a person, on' : 'the drill';
  return `${who} ${evidence.drillId}: ${effect}${rounds}`;
};

/** All of one promotion. */
export const promotionLines = (record: PromotionRecord, style: Style): string[] => {
  const { promotionId, service, why, gates, memory, previousDigest, startedAtMs } = record;
  const before = previousDigest === null ? 'unknown' : shortDigest(previousDigest);
  return [
    `${style.bold(`${service} · promotion ${promotionId}`)} · ${new Date(startedAtMs).toISOString()}`,
    `  image    ${imageText(record)}, in the place of ${before}`,
    `  by       ${restsOnText(record)}`,
    `  outcome  ${outcomeWords(record, style)}: ${why}`,
    ...memory.places.map((place) => `  ${placeText(place)}`),
    ...(gates.length === 0 ? [] : ['', 'Gates']),
    ...gates.map(({ role, region, percent, verdict, why: found, atMs }) => {
      const word = verdict === 'holds' ? style.good('holds') : style.bad(verdict);
      const at = new Date(atMs).toISOString().slice(11, 19);
      return `  ${at}  ${role} ${region} at ${percent} %  ${word}: ${found}`;
    }),
  ];
};

const commandOf = ({ variant, digest, mode }: PromotionOrder, on: string): string =>
  mode === 'rollback'
    ? `failover rollback${on}`
    : `failover promote ${variant ?? digest} --mode ${mode}${on}`;

/** What came of an order; `on` is what a further command needs to reach the same watch. */
export const orderLines = (told: PromotionOrder, style: Style, on = ''): string[] => {
  const { service, status, why, plan, record } = told;
  if (status === 'would-start') {
    return [
      `${service}: this would be done`,
      ...plan.map((line) => `  ${line}`),
      `Do it with: ${commandOf(told, on)}`,
    ];
  }
  if (status !== 'started') return [style.bad(`${service}: nothing was changed. ${why}`)];
  if (record === null) return [`${service}: ${why}`];
  const next =
    record.outcome === 'RUNNING'
      ? `It goes on: see failover status${on}. Take it back with: failover rollback${on}`
      : `Report: failover report ${record.promotionId}${on}`;
  return [`${service}: ${imageText(record)} ${outcomeWords(record, style)}. ${record.why}`, next];
};

/** The last promotion, in the status of the watch. */
export const statusText = (line: PromotionLine, style: Style, on = ''): string => {
  const { outcome, why, promotionId } = line;
  const words = `promotion ${promotionId}: ${imageText(line)} ${outcomeWords(line, style)}`;
  return outcome === 'RUNNING' || outcome === 'FAILED'
    ? `${words} · ${why} · failover rollback${on}`
    : `${words} · by ${restsOnText(line)}`;
};
