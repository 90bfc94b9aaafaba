/** What Slack hears of a watch: one message for each fact, with what matters then and what to do next. */
import type { Approval, Notice } from '../failover/states.ts';
import type { Timings } from '../failover/timings.ts';
import { SINGLE_VANTAGE_WORDS } from '../health/verdict.ts';
import { formatMs } from '../units.ts';
import {
  type Button,
  buttons,
  context,
  escaped,
  fields,
  header,
  type SlackMessage,
  section,
} from './blocks.ts';
import { causeText, lossText, rtoText, serviceText } from './failoverWords.ts';

export type News = {
  readonly service: string;
  readonly notice: Notice | 'page';
  readonly atMs: number;
  readonly why: string;
  /** As the machine stands now: after a flip, the new region is the active one. */
  readonly active: string;
  readonly other: string;
  readonly home: string;
  readonly epoch: number;
  readonly approval: Approval | null;
  /** The move that the fact belongs to. */
  readonly execution: {
    readonly name: string;
    readonly cause: string;
    readonly from: string;
    readonly to: string;
  } | null;
  readonly timings: Timings | null;
  readonly lossMs: number | null;
  readonly singleVantage: boolean;
  /** The last move of the service where the fact belongs to none. */
  readonly lastExecution: string | null;
  /** Where reports are, if anywhere; `{id}` stands for the execution. */
  readonly reportUrl: string | null;
  readonly buttons: readonly Button[];
};

type Telling = {
  readonly title: string;
  readonly facts: readonly [string, string][];
  readonly next: string;
};

type Teller = (news: News) => Telling;

const regions = ({ active, other }: News): [string, string] => [
  'Regions',
  `${active} serves, ${other} stands by`,
];

const move = ({ execution, active, other }: News): { from: string; to: string } =>
  execution ?? { from: active, to: other };

const report = ({ execution }: News): string =>
  execution === null ? '`failover history`' : `\`failover report ${execution.name}\``;

const approval: Teller = (news) => {
  const { approval: asked, atMs } = news;
  const { to } = move(news);
  return {
    title: `move to ${to}?`,
    facts: [
      ['Regions', `${news.active} → ${to}`],
      ['Decision', `${asked?.decisionId ?? 'none'}, epoch ${asked?.epoch ?? news.epoch}`],
      ['Open for', asked === null ? 'no longer' : formatMs(Math.max(0, asked.expiresAtMs - atMs))],
    ],
    next: asked === null ? '`failover status`' : `\`failover approve ${asked.decisionId}\``,
  };
};

const TELLERS = {
  suspect: (news) => ({
    title: `${news.active} is in doubt`,
    facts: [regions(news)],
    next: 'nothing yet: it is being watched closely. `failover status`',
  }),
  cleared: (news) => ({
    title: `${news.active} is well again`,
    facts: [regions(news)],
    next: 'nothing',
  }),
  approval,
  decided: (news) => {
    const { from, to } = move(news);
    const cause = news.execution?.cause;
    return {
      title: `moving to ${to}`,
      facts: [
        ['Regions', `${from} → ${to}`],
        ['Cause', cause === undefined ? news.why : causeText(cause, from)],
        ['Data', lossText(news.lossMs)],
      ],
      next: 'nothing: it is being carried out. `failover status`',
    };
  },
  flipped: (news) => ({
    title: `DNS answers with ${news.active}`,
    facts: [regions(news), ['Epoch', String(news.epoch)]],
    next: 'nothing: it is being verified from outside. `failover status`',
  }),
  verified: (news) => ({
    title: `${news.active} serves, verified from outside`,
    facts: [
      regions(news),
      ['Time', rtoText(news.timings, news.execution?.cause)],
      ['Data', lossText(news.lossMs)],
      ['Proof', news.why],
    ],
    next: report(news),
  }),
  failed: (news) => ({
    title: 'the move failed, a person is needed',
    facts: [regions(news), ['Epoch', String(news.epoch)]],
    next: `${report(news)}, then \`failover status\``,
  }),
  held: (news) => ({
    title: `stays in ${news.active}`,
    facts: [regions(news)],
    next: `\`failover status\` names the gates; \`failover ${news.active === news.home ? 'flip' : 'back'}\` asks them again and shows why`,
  }),
  'failback-ready': (news) => ({
    title: `${news.other} is ready to take the traffic back`,
    facts: [regions(news)],
    next: '`failover back`',
  }),
  page: (news) => ({
    title: 'a person is needed now',
    facts: [regions(news), ['Epoch', String(news.epoch)]],
    next: '`failover status` shows what is seen, who is in charge and what holds traffic back',
  }),
} satisfies Record<News['notice'], Teller>;

/** The address of one report. A URL that is parsed has nothing in it that Slack would mark up. */
const reportLink = (template: string, execution: string): string =>
  template
    .replaceAll(/%7Bid%7D|\{id\}/gi, encodeURIComponent(execution))
    .replaceAll(/[<>|]/g, encodeURIComponent);

/** One message. `text` is what a phone shows of it. */
export const failoverMessage = (news: News): SlackMessage => {
  const { title, facts, next } = TELLERS[news.notice](news);
  const headline = `${serviceText(news.service)}: ${title}`;
  const shown = facts.filter(([, value]) => value !== news.why);
  const unsaid = news.singleVantage && !news.why.includes(SINGLE_VANTAGE_WORDS);
  const vantage = unsaid ? `\n_${SINGLE_VANTAGE_WORDS}_` : '';
  const told = news.execution?.name ?? news.lastExecution;
  const link =
    news.reportUrl === null || told === null
      ? []
      : [context(`<${reportLink(news.reportUrl, told)}|Report of ${escaped(told)}>`)];
  return {
    text: escaped(`${headline} (${news.why})`),
    blocks: [
      header(headline),
      section(`${escaped(news.why)}${vantage}`),
      ...(shown.length === 0 ? [] : [fields(shown)]),
      section(`*Next:* ${next}`),
      ...(news.buttons.length === 0 ? [] : [buttons(news.buttons)]),
      ...link,
    ],
  };
};
