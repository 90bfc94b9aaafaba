/** What Slack hears of a promotion: that it began, and how it ended. */
import { shortDigest } from '../promotion/words.ts';
import { escaped, fields, header, type SlackMessage, section } from './blocks.ts';
import { serviceText } from './failoverWords.ts';

export type PromotionNews = {
  readonly service: string;
  readonly promotionId: string;
  readonly notice: 'started' | 'step' | 'promoted' | 'rolled-back' | 'interrupted' | 'failed';
  readonly why: string;
  readonly mode: string;
  readonly digest: string;
  readonly variant: string | null;
  readonly by: 'drill' | 'person';
  readonly evidence: {
    readonly drillId: string;
    readonly effect: string | null;
    readonly rounds: string | null;
  } | null;
  readonly places: readonly string[];
};

const imageOf = ({ variant, digest }: PromotionNews): string =>
  variant === null ? shortDigest(digest) : `${variant} (${shortDigest(digest)})`;

const TITLES: Readonly<Record<PromotionNews['notice'], (news: PromotionNews) => string>> = {
  started: (news) =>
    news.mode === 'rollback' ? `taking ${imageOf(news)} back` : `promoting ${imageOf(news)}`,
  step: (news) => news.why,
  promoted: (news) => `${imageOf(news)} runs everywhere`,
  'rolled-back': (news) => `${imageOf(news)} was rolled back`,
  interrupted: (news) => `the promotion of ${imageOf(news)} was interrupted`,
  failed: () => 'a promotion could not be taken back, a person is needed',
};

const NEXT: Readonly<Record<PromotionNews['notice'], (news: PromotionNews) => string>> = {
  started: () => 'nothing: it is being carried out. `failover status`, or `failover rollback`',
  step: () => '`failover status`',
  promoted: ({ variant }) =>
    variant === null
      ? '`failover rollback` takes it back'
      : `set image.reference to ${variant}, so that the next drill compares with it. \`failover rollback\` takes it back`,
  'rolled-back': ({ promotionId }) => `\`failover report ${promotionId}\``,
  interrupted: () =>
    '`failover promote` goes on once the service is at rest, `failover rollback` undoes it',
  failed: ({ promotionId }) => `\`failover report ${promotionId}\`, then \`failover rollback\``,
};

const restsOn = ({ evidence, by }: PromotionNews): string => {
  if (evidence === null) return by === 'person' ? "a person's word" : 'nothing that is known';
  const effect = evidence.effect === null ? 'not ranked' : evidence.effect;
  const rounds = evidence.rounds === null ? '' : ` in ${evidence.rounds}`;
  return `drill ${evidence.drillId}: ${effect}${rounds}`;
};

/** One message. `text` is what a phone shows of it. */
export const promotionMessage = (news: PromotionNews): SlackMessage => {
  const headline = `${serviceText(news.service)}: ${TITLES[news.notice](news)}`;
  return {
    text: escaped(`${headline} (${news.why})`),
    blocks: [
      header(headline),
      section(escaped(news.why)),
      fields([
        ['By', news.by === 'drill' ? 'the drill' : 'a person'],
        ['Rests on', restsOn(news)],
        ['Places', news.places.join('; ')],
      ]),
      section(`*Next:* ${NEXT[news.notice](news)}`),
    ],
  };
};
