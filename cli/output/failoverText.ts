/** A failover as a person reads it in a terminal, at most 100 columns wide. */

import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import {
  ageText,
  causeText,
  dataText,
  gateValueText,
  originText,
  rtoText,
  serviceText,
} from '../../core/report/failoverWords.ts';
import { type AnswersOfType, overTransports, proofText } from '../../events/failoverRecord.ts';
import type { FailoverReport } from '../../events/failoverReport.ts';
import type { FailoverResult } from '../../events/failoverSummary.ts';
import type { Style } from './style.ts';
import { tableLines, wrap } from './table.ts';

const TIMES_WIDTH = 26;
const CELL_MAX = 56;

/** `02:14:07.120`, in UTC as evidence is. */
const timeText = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

/** Time from the fault, with its sign: `+2.53 s`. */
const offsetText = (ms: number, fromMs: number): string => {
  const offset = ms - fromMs;
  return `${offset < 0 ? '−' : '+'}${(Math.abs(offset) / 1_000).toFixed(2)} s`;
};

const short = (text: string): string =>
  text.length > CELL_MAX ? `${text.slice(0, CELL_MAX - 1)}…` : text;

export const outcomeText = ({ outcome }: Pick<FailoverResult, 'outcome'>, style: Style): string => {
  if (outcome === 'done') return style.good('done');
  return outcome === 'failed' ? style.bad('failed') : style.warn('rolled back');
};

const heading = ({ result, decision }: FailoverReport, style: Style): string[] => {
  const { service, execution, from, to, cause, active, epoch, reason, startedAtMs } = result;
  const what = cause === 'failback' ? 'failback' : 'failover';
  const day = new Date(startedAtMs).toISOString().slice(0, 10);
  return [
    `${style.bold(`${serviceText(service)} · ${what} ${execution}`)} · ${day} · ${from} → ${to} · ${outcomeText(result, style)}`,
    ...wrap(
      `  ${causeText(cause, from)}; ${active} serves at epoch ${epoch}. ${reason}`,
      style.width,
      '  ',
    ),
    ...(result.vantage === 'single' ? [style.warn(`  ${SINGLE_VANTAGE_WORDS}`)] : []),
    ...wrap(`  ${rtoText(result.timings, cause)}`, style.width, '  '),
    `  Data: ${dataText(result.lossMs, decision)}`,
    ...result.leftovers.map((line) => style.warn(`  Left over: ${line}`)),
  ];
};

const timeline = (
  { timeline: moments, faultMs, result }: FailoverReport,
  style: Style,
): string[] => {
  const fromMs = faultMs ?? result.startedAtMs;
  return moments.flatMap(({ atMs, kind, text }) => {
    const times = `  ${timeText(atMs)} ${offsetText(atMs, fromMs).padStart(10)}`;
    return wrap(`${times}  ${kind}: ${text}`, style.width, ' '.repeat(TIMES_WIDTH + 2));
  });
};

const votes = ({ decision }: FailoverReport, style: Style): string[] => {
  if (decision === null) return [];
  const { active, other } = decision;
  const observers = [...new Set([...active.votes, ...other.votes].map((vote) => vote.observer))];
  const said = (verdict: typeof active, observer: string): string => {
    const vote = verdict.votes.find((one) => one.observer === observer);
    if (vote === undefined) return '–';
    return vote.reason === null ? vote.vote : `${vote.vote} (${vote.reason})`;
  };
  const failure = (observer: string): string =>
    active.votes.find((one) => one.observer === observer)?.lastFailure ?? '';
  const rows = observers.map((observer) => [
    observer,
    said(active, observer),
    said(other, observer),
    failure(observer),
  ]);
  const verdict = ({ region, state, needed }: typeof active): string =>
    `${region} is ${state} (${needed} needed)`;
  return [
    '',
    `${style.bold('Votes')}: ${verdict(active)}, ${verdict(other)}`,
    ...tableLines(
      ['observer', active.region, other.region, 'last failure'].map((title) => ({ title })),
      rows,
      style.dim,
    ).map((line) => `  ${line}`),
  ];
};

const gates = ({ decision }: FailoverReport, style: Style): string[] => {
  if (decision === null) return [];
  const rows = decision.plan.gates.map(({ gate, ok, value, limit, ageMs, why }) => [
    gate,
    ok ? style.good('holds') : style.bad('does not'),
    short(gateValueText(gate, value)),
    short(gateValueText(gate, limit)),
    ageText(ageMs),
    short(why),
  ]);
  const titles = ['gate', '', 'value', 'limit', 'age', 'why'];
  return [
    '',
    style.bold('Gates'),
    ...tableLines(
      titles.map((title) => ({ title })),
      rows,
      style.dim,
    ).map((line) => `  ${line}`),
  ];
};

const answerText = ({ rcode, values, detail }: AnswersOfType): string =>
  detail ?? (values.length > 0 ? values.join(' ') : rcode === 'NOERROR' ? 'none' : rcode);

const dns = (report: FailoverReport, style: Style): string[] => {
  if (report.dns.length === 0) return [];
  const fromMs = report.faultMs ?? report.result.startedAtMs;
  const rows = overTransports(report.dns).map((one) => [
    one.server,
    one.role,
    one.type,
    one.over,
    short(answerText(one)),
    one.ttlS === null ? '–' : `${one.ttlS} s`,
    one.goodSinceMs === null ? style.warn('not yet') : offsetText(one.goodSinceMs, fromMs),
    String(one.asked),
  ]);
  const titles = ['server', 'role', 'type', 'over', 'last answer', 'TTL', 'right since', 'asked'];
  return [
    '',
    style.bold('DNS answers'),
    ...tableLines(
      titles.map((title) => ({ title })),
      rows,
      style.dim,
    ).map((line) => `  ${line}`),
    ...(report.request === null
      ? []
      : wrap(`  Request: ${proofText(report.request)}`, style.width, '  ')),
  ];
};

export const failoverLines = (report: FailoverReport, style: Style): string[] => [
  ...heading(report, style),
  '',
  `${style.bold('Timeline')}, UTC, and from ${originText(report.result.cause)}`,
  ...timeline(report, style),
  ...votes(report, style),
  ...gates(report, style),
  ...dns(report, style),
  '',
  ...wrap(
    `Record: ${report.record.entries} entries, ends in ${report.record.head}`,
    style.width,
    '  ',
  ),
  `Next: failover replay ${report.result.execution} --set down=5s asks what other settings had done`,
];
