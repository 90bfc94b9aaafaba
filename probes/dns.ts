/** The `dns` probe: one query over UDP, asked again over TCP when the answer was cut short. */
import dns from 'node:dns';
import { askServer, type DnsServer, parseServer } from './dnsExchange.ts';
import type { DnsAnswer, DnsQuestion } from './dnsMessage.ts';
import { failure, type Phases, type Probe, type ProbeOutcome } from './probe.ts';

export type DnsTarget = DnsQuestion & {
  /** The first server of the system when left out. */
  readonly server?: DnsServer;
  /** `NOERROR` when left out. */
  readonly expectCode?: string;
  /**
   * Every record of the type must be one of these, and there must be one. When left out, any record
   * will do for `NOERROR`.
   */
  readonly expectAnswers?: readonly string[];
};

const judge = (
  target: DnsTarget,
  answer: DnsAnswer,
  phases: Phases,
  totalMs: number,
): ProbeOutcome => {
  const expected = target.expectCode ?? 'NOERROR';
  if (answer.code !== expected) {
    return failure('status', totalMs, `${answer.code} instead of ${expected}`);
  }
  const { records } = answer;
  const { expectAnswers } = target;
  const found = records.join(', ');
  if (expected === 'NOERROR' && records.length === 0) {
    return failure('body', totalMs, `no ${target.type} record`);
  }
  if (expectAnswers && !records.every((record) => expectAnswers.includes(record))) {
    return failure('body', totalMs, `${found} instead of ${expectAnswers.join(' or ')}`);
  }
  return {
    ok: true,
    totalMs,
    phases,
    detail: { answers: found, ...(answer.ttlS === undefined ? {} : { ttlS: answer.ttlS }) },
  };
};

/** The server to ask; undefined when the system knows none. */
const serverOf = (target: DnsTarget): DnsServer | undefined => {
  const [first] = target.server ? [] : dns.getServers();
  return target.server ?? (first === undefined ? undefined : parseServer(first));
};

export const dnsProbe: Probe<DnsTarget> = async (target, options) => {
  const server = serverOf(target);
  if (server === undefined) {
    return failure('local', 0, 'the system has no name server: set one');
  }
  const exchanged = await askServer(target, server, options);
  return exchanged.ok
    ? judge(target, exchanged.answer, exchanged.phases, exchanged.totalMs)
    : exchanged;
};
