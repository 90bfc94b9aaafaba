/** The tables of a failover: votes, gates, DNS answers, calls. */
import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import { ageText, gateValueText } from '../../core/report/failoverWords.ts';
import { formatMs } from '../../core/units.ts';
import { type AnswersOfType, overTransports, proofText } from '../../events/failoverRecord.ts';
import type { FailoverReport } from '../../events/failoverReport.ts';
import { html, type Markup } from '../markup.ts';
import { section } from '../text.ts';
import { clockText, offsetText, originMs } from './facts.ts';

const table = (label: string, heads: readonly string[], rows: readonly Markup[]): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${heads.map(
    (head) => html`<th scope="col">${head}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;

type Verdict = NonNullable<FailoverReport['decision']>['active'];

const stateMark = (state: string): Markup =>
  html`<span class="state ${state.toLowerCase()}">${state}</span>`;

const voteCell = (verdict: Verdict, observer: string): Markup => {
  const vote = verdict.votes.find((one) => one.observer === observer);
  if (vote === undefined) return html`<td>–</td>`;
  const note = vote.reason ?? vote.lastFailure;
  const shown = vote.vote !== 'UP' && note !== null ? html` <small>${note}</small>` : null;
  return html`<td>${stateMark(vote.vote)}${shown}</td>`;
};

export const votesSection = ({ decision }: FailoverReport): Markup | null => {
  if (decision === null) return null;
  const { active, other } = decision;
  const observers = [...new Set([...active.votes, ...other.votes].map((vote) => vote.observer))];
  return section(
    'votes',
    'Who saw what',
    html`<bdi>${active.region}</bdi> ${stateMark(active.state)} and <bdi>${other.region}</bdi> ${stateMark(other.state)}. ${active.vantage === 'single' ? SINGLE_VANTAGE_WORDS : `${active.needed} of one mind were needed`}.`,
    table(
      'Votes',
      ['observer', active.region, other.region],
      observers.map(
        (observer) =>
          html`<tr><th scope="row"><bdi>${observer}</bdi></th>${voteCell(active, observer)}${voteCell(other, observer)}</tr>`,
      ),
    ),
  );
};

export const gatesSection = ({ decision }: FailoverReport): Markup | null => {
  if (decision === null) return null;
  const { gates, plan } = decision.plan;
  const open = gates.filter(({ ok }) => !ok).length;
  const lead = open === 0 ? 'All ten held' : `${open} of ten did not hold`;
  return section(
    'gates',
    'What had to hold',
    `${lead}: ${plan}. Each with what was found, the limit, where it was read and how old that was.`,
    table(
      'Gates',
      ['gate', 'held', 'value', 'limit', 'source', 'age', 'why'],
      gates.map(
        ({ gate, ok, value, limit, source, ageMs, why }) =>
          html`<tr><th scope="row">${gate}</th><td>${stateMark(ok ? 'yes' : 'no')}</td><td>${gateValueText(gate, value)}</td><td>${gateValueText(gate, limit)}</td><td>${source}</td><td class="num">${ageText(ageMs)}</td><td>${why}</td></tr>`,
      ),
    ),
  );
};

const answerText = ({ rcode, values, detail }: AnswersOfType): string =>
  detail ?? (values.length > 0 ? values.join(' ') : rcode === 'NOERROR' ? 'none' : rcode);

export const dnsSection = (report: FailoverReport): Markup | null => {
  const { dns, request, verification } = report;
  if (dns.length === 0) return null;
  const fromMs = originMs(report);
  const late = verification?.stragglers ?? [];
  const lead =
    late.length === 0
      ? 'Asked from outside, over and over, until every answer was the new one.'
      : `Asked from outside. Not moved when it was judged: ${late.join(', ')}.`;
  return section('dns', 'What DNS answered', lead, [
    table(
      'DNS answers',
      ['server', 'role', 'type', 'over', 'last answer', 'TTL', 'right since', 'asked'],
      overTransports(dns).map(
        (one) =>
          html`<tr><th scope="row"><code>${one.server}</code></th><td>${one.role}</td><td>${one.type}</td><td>${one.over}</td><td>${answerText(one)}</td><td class="num">${one.ttlS === null ? '–' : `${one.ttlS} s`}</td><td class="num">${one.goodSinceMs === null ? html`<span class="loss">not yet</span>` : offsetText(one.goodSinceMs, fromMs)}</td><td class="num">${one.asked}</td></tr>`,
      ),
    ),
    request === null
      ? html``
      : html`<p class="note">Request to <code>${request.url}</code>: ${proofText(request)}.</p>`,
  ]);
};

export const callsSection = ({ calls }: FailoverReport): Markup | null =>
  calls.length === 0
    ? null
    : section(
        'calls',
        'What was called',
        'Every call of the steps to the outside, with the id that the other side knows it by.',
        table(
          'Calls',
          ['time', 'call', 'region', 'attempt', 'took', 'request', 'result'],
          calls.map(
            (call) =>
              html`<tr><td class="when"><code>${clockText(call.startedAtMs)}</code></td><th scope="row">${call.service} ${call.operation}</th><td><bdi>${call.region}</bdi></td><td class="num">${call.attempt}</td><td class="num">${formatMs(call.tookMs)}</td><td><code>${call.requestId ?? '–'}</code></td><td>${call.result}</td></tr>`,
          ),
        ),
      );
