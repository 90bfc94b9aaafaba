/** From the chained entries of a record to what they say of a failover. */
import * as z from 'zod';
import type { Entry } from '../core/evidence/chain.ts';
import { faultMs, turnedDownMs } from '../core/evidence/moments.ts';
import { isOrdered } from '../core/failover/view.ts';
import { DecisionEntry } from './evidenceRecord.ts';
import {
  type DnsAnswerShape,
  DnsRound,
  RequestShape,
  VerificationShape,
} from './failoverEvidence.ts';
import {
  CallShape,
  type FailoverReport,
  type ReportMoment,
  type ServerAnswers,
} from './failoverReport.ts';
import { FailoverResult } from './failoverSummary.ts';

/** What steps have in common: their words, and the calls they made. */
const Told = z.looseObject({
  why: z.string(),
  calls: z.array(CallShape).default([]),
  /** Of an approval. */
  askedAtMs: z.number().optional(),
});

const bodies = <T extends z.ZodType>(
  entries: readonly Entry[],
  kind: string,
  shape: T,
): z.output<T>[] =>
  entries
    .filter((entry) => entry.kind === kind)
    .flatMap(({ body }) => {
      const read = shape.safeParse(body);
      return read.success ? [read.data] : [];
    });

/** The decision in a record, with all it rests on; null where it was not kept. */
export const decisionOf = (entries: readonly Entry[]): DecisionEntry | null =>
  bodies(entries, 'decision', DecisionEntry)[0] ?? null;

type Expected = VerificationShape['expected'] | undefined;

const isGood = ({ rcode, values, type }: DnsAnswerShape, expected: Expected): boolean =>
  rcode === 'NOERROR' && values.join(' ') === [...(expected?.[type] ?? [])].sort().join(' ');

const serverAnswers = (answers: readonly DnsAnswerShape[], expected: Expected): ServerAnswers[] => {
  const byQuestion = new Map<string, DnsAnswerShape[]>();
  for (const answer of answers) {
    const question = [answer.server, answer.transport, answer.type].join(' ');
    byQuestion.set(question, [...(byQuestion.get(question) ?? []), answer]);
  }
  return [...byQuestion.values()].flatMap((asked) => {
    const last = asked.at(-1);
    if (last === undefined) return [];
    const lastBad = asked.findLastIndex((answer) => !isGood(answer, expected));
    const { server, role, transport, type, rcode, values, ttlS, detail } = last;
    return [
      {
        ...{ server, role, transport, type, rcode, values, ttlS, detail },
        asked: asked.length,
        goodSinceMs: asked[lastBad + 1]?.atMs ?? null,
      },
    ];
  });
};

export type AnswersOfType = Omit<ServerAnswers, 'transport'> & { readonly over: string };

/** Both transports of a server in one, where they end with the same answer. */
export const overTransports = (answers: readonly ServerAnswers[]): AnswersOfType[] => {
  const merged = new Map<string, AnswersOfType>();
  for (const { transport, ...one } of answers) {
    const { server, type, rcode, values, detail, goodSinceMs: sinceMs } = one;
    const key = [server, type, rcode, values.join(' '), detail, sinceMs === null].join('|');
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined
        ? { ...one, over: transport }
        : {
            ...before,
            over: `${before.over}, ${transport}`,
            asked: before.asked + one.asked,
            goodSinceMs: sinceMs === null ? null : Math.max(before.goodSinceMs ?? 0, sinceMs),
          },
    );
  }
  return [...merged.values()];
};

const decisionMoments = (entry: DecisionEntry): ReportMoment[] => {
  const { input, decision, observations } = entry;
  const { cause, active, plan } = decision;
  const ordered = isOrdered(cause) || cause === null;
  const from = input.state.active;
  const began: ReportMoment[] = ordered
    ? []
    : [{ atMs: faultMs(entry), kind: 'fault', text: `the first probe of ${from} fails` }];
  const turned = ({ observer, atMs }: (typeof active.votes)[number]): number => {
    const seen = observations.find((one) => one.observer === observer && one.target === from);
    return (seen && turnedDownMs(seen, input.health, input.nowMs)) ?? atMs;
  };
  const votes = active.votes
    .filter(({ vote }) => vote === 'DOWN')
    .map((vote) => ({
      atMs: turned(vote),
      kind: 'vote',
      text: `${vote.observer}: ${from} is DOWN${vote.lastFailure === null ? '' : ` (${vote.lastFailure})`}`,
    }));
  const decided = { atMs: input.nowMs, kind: 'decision', text: `${plan.plan}: ${plan.reason}` };
  return [...began, ...votes, decided];
};

/** Kinds whose many entries are told in a line of their own, or nowhere but in their tables. */
const SUMMED = new Set(['decision', 'dns', 'request', 'verification', 'completed']);

const stepMoments = (entries: readonly Entry[]): ReportMoment[] =>
  entries
    .filter(({ kind }) => !SUMMED.has(kind))
    .flatMap(({ kind, atMs, body }) => {
      const told = Told.safeParse(body).data;
      const step = { atMs, kind, text: told?.why ?? kind };
      const askedMs = kind === 'approval' ? told?.askedAtMs : undefined;
      return askedMs === undefined
        ? [step]
        : [{ atMs: askedMs, kind: 'question', text: 'a person is asked' }, step];
    });

const proofMoments = (
  verification: VerificationShape | undefined,
  request: RequestShape | undefined,
): ReportMoment[] => {
  if (verification === undefined) return [];
  const { authoritative, authoritativeMs, effectiveMs, resolvers, expectedRegion } = verification;
  const servers = `${authoritative.good} of ${authoritative.of} name servers`;
  return [
    ...(authoritativeMs === null
      ? []
      : [{ atMs: authoritativeMs, kind: 'name servers', text: `${servers} answer with it` }]),
    ...(request?.ok && request.region === expectedRegion
      ? [{ atMs: request.atMs, kind: 'request', text: proofText(request) }]
      : []),
    ...(effectiveMs === null
      ? []
      : [
          {
            atMs: effectiveMs,
            kind: 'effective',
            text: `${resolvers.good} of ${resolvers.of} resolvers, and a request, too`,
          },
        ]),
  ];
};

/** What a request proves, and by what. */
export const proofText = ({ region, proof, address, detail, ok }: RequestShape): string => {
  if (!ok) return `the request to ${address} failed: ${detail ?? 'no reason given'}`;
  return proof === 'header'
    ? `the service says that ${region} answered`
    : `${address} answered, which only ${region} has; the service names no region`;
};

/** @throws RangeError when the entries are the record of no failover. */
export const reportOfRecord = (entries: readonly Entry[]): FailoverReport => {
  const [result] = bodies(entries, 'completed', FailoverResult).slice(-1);
  const last = entries.at(-1);
  if (result === undefined || last === undefined) {
    throw new RangeError('it does not end with how a failover went');
  }
  const decided = decisionOf(entries);
  const [verification] = bodies(entries, 'verification', VerificationShape).slice(-1);
  const requests = bodies(entries, 'request', RequestShape);
  const answers = bodies(entries, 'dns', DnsRound).flatMap((round) => round.answers);
  const timeline = [
    ...(decided === null ? [] : decisionMoments(decided)),
    ...stepMoments(entries),
    ...proofMoments(
      verification,
      requests.find(({ ok, region }) => ok && region === result.to),
    ),
    { atMs: result.finishedAtMs, kind: 'completed', text: `${result.outcome}: ${result.reason}` },
  ];
  return {
    result,
    record: { entries: entries.length, head: last.hash },
    faultMs: decided === null ? null : faultMs(decided),
    decision: decided?.decision ?? null,
    timeline: timeline.sort((a, b) => a.atMs - b.atMs),
    dns: serverAnswers(answers, verification?.expected),
    request: requests.at(-1) ?? null,
    verification: verification ?? null,
    calls: entries.flatMap(({ body }) => Told.safeParse(body).data?.calls ?? []),
    probes: decided?.observations ?? [],
  };
};
