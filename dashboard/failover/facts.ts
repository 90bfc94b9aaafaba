/** A failover in words: the headline, where the time went, what was voted, gated, answered and called. */

import { isOrdered } from '../../core/failover/view.ts';
import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import {
  causeText,
  dataText,
  originText,
  rtoParts,
  serviceText,
} from '../../core/report/failoverWords.ts';
import { formatMs } from '../../core/units.ts';
import { proofText } from '../../events/failoverRecord.ts';
import type { FailoverReport } from '../../events/failoverReport.ts';
import { html, type Markup } from '../markup.ts';
import { known, section } from '../text.ts';

export const OUTCOMES = {
  done: 'done',
  'rolled-back': 'rolled back',
  failed: 'failed',
} as const;

/** `2026-11-20 22:14:07 UTC` */
export const momentText = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Time of day with milliseconds. */
export const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 23);

/** Where the page counts from: the first failed probe, or the decision. */
export const originMs = ({ faultMs, result }: FailoverReport): number =>
  faultMs ?? result.startedAtMs;

/** `+2.53 s` */
export const offsetText = (ms: number, fromMs: number): string => {
  const offset = ms - fromMs;
  return `${offset < 0 ? '−' : '+'}${(Math.abs(offset) / 1_000).toFixed(2)} s`;
};

const fact = (name: string, value: string | Markup, note: string): Markup =>
  html`<div><dt>${name}</dt><dd>${value}</dd><dd class="fact-note">${note}</dd></div>`;

const headline = ({ result }: FailoverReport): string => {
  const { outcome, from, to, cause, active, timings } = result;
  if (outcome === 'done') {
    const back =
      cause === 'failback' ? `${to} has its traffic back` : `${to} serves instead of ${from}`;
    const rto = timings?.rtoMs ?? null;
    return rto === null || cause === 'failback' ? back : `${back}, after ${formatMs(rto)}`;
  }
  const end = outcome === 'rolled-back' ? 'was rolled back' : 'failed';
  return `The move to ${to} ${end}: ${active} serves`;
};

const nextStep = ({ result }: FailoverReport): string => {
  const { outcome, cause, execution } = result;
  if (outcome !== 'done') return 'failover status shows how it stands, and what can be done';
  return cause === 'failback'
    ? `failover replay ${execution} decides it again`
    : 'failover back goes home, when home is well again';
};

const vantageText = ({ vantage }: FailoverReport['result']): string => {
  if (vantage === null) return 'not kept';
  return vantage === 'single' ? 'single' : 'quorum';
};

export const header = (report: FailoverReport): Markup => {
  const { result, decision, verification, request } = report;
  const { timings, from, to, cause, service, startedAtMs, epoch, lossMs, vantage } = result;
  const proof = request === null ? 'no request was made' : proofText(request);
  return html`<header>
<p class="eyebrow"><strong><bdi>${serviceText(service)}</bdi></strong> ${cause === 'failback' ? 'failback' : 'failover'} · ${momentText(startedAtMs)} · <bdi>${from}</bdi> → <bdi>${to}</bdi> · ${OUTCOMES[result.outcome]}</p>
<h1>${headline(report)}</h1>
<p class="next"><strong>Next</strong> ${nextStep(report)}</p>
<dl class="facts">
${fact(isOrdered(cause) ? 'Took' : 'RTO', known(timings?.rtoMs, formatMs, 'not reached'), `from ${originText(cause)} to the proof`)}
${isOrdered(cause) ? fact('Cause', cause, causeText(cause, from)) : fact('Detected in', known(timings?.detectMs, formatMs, 'not known'), causeText(cause, from))}
${fact('Data at stake', dataText(lossMs, decision), 'as the standby had it')}
${fact('Epoch', String(epoch), result.automatic ? 'policy allowed it' : 'a person allowed it')}
${fact('Vantage', vantageText(result), vantage === 'single' ? SINGLE_VANTAGE_WORDS : `${decision?.active.eligible ?? 0} observers, ${decision?.active.needed ?? 0} of one mind needed`)}
${fact('Proof', verification?.ok ? '✓ verified' : '✕ not verified', proof)}
</dl></header>`;
};

/** The parts of the time on one bar, and as numbers. */
export const rtoSection = ({ result }: FailoverReport): Markup | null => {
  const { timings } = result;
  if (timings === null) return null;
  const parts = rtoParts(timings);
  const whole = parts.reduce((sum, { ms }) => sum + ms, 0) || 1;
  let from = 0;
  const bars = parts.map(({ name, ms }, at) => {
    const bar = html`<rect class="bar-part arm-${1 + (at % 6)}" x="${((100 * from) / whole).toFixed(2)}%" width="${((100 * ms) / whole).toFixed(2)}%" y="0" height="100%"><title>${name}: ${formatMs(ms)}</title></rect>`;
    from += ms;
    return bar;
  });
  const words = parts.map(({ name, ms }) => `${name} ${formatMs(ms)}`).join(', ');
  return section(
    'rto',
    'Where the time went',
    `From ${originText(result.cause)} to the first moment at which name servers, enough resolvers and a request all proved the new region.`,
    html`<figure class="card"><svg class="split" width="100%" height="28" role="img" aria-label="${words}">${bars}</svg><ul class="legend">${parts.map(
      ({ name, ms }, at) =>
        html`<li><svg class="key" width="12" height="12" aria-hidden="true"><rect class="bar-part arm-${1 + (at % 6)}" width="12" height="12" rx="2"/></svg> ${name} <strong>${formatMs(ms)}</strong></li>`,
    )}</ul></figure>`,
  );
};

export const timelineSection = (report: FailoverReport): Markup => {
  const fromMs = originMs(report);
  return section(
    'timeline',
    'What happened when',
    `Times in UTC, and from ${originText(report.result.cause)} on.`,
    html`<div class="scroll" tabindex="0" role="region" aria-label="What happened when"><table><thead><tr><th scope="col">time</th><th scope="col" class="num">after</th><th scope="col">what</th></tr></thead><tbody>${report.timeline.map(
      ({ atMs, kind, text }) =>
        html`<tr><td class="when"><code>${clockText(atMs)}</code></td><td class="num">${offsetText(atMs, fromMs)}</td><td><strong>${kind}</strong> <span class="what">${text}</span></td></tr>`,
    )}</tbody></table></div>`,
  );
};

export const leftoversSection = ({ result }: FailoverReport): Markup | null =>
  result.leftovers.length === 0
    ? null
    : section(
        'leftovers',
        'Left over',
        'Not as it was before the failover.',
        html`<ul class="problems">${result.leftovers.map((line) => html`<li><p>${line}</p></li>`)}</ul>`,
      );

export const methodSection = ({ record, result }: FailoverReport): Markup =>
  section(
    'record',
    'Check it yourself',
    'Everything above is read from one record, in which each entry carries the hash of the one before.',
    html`<dl class="terms">
<dt>Entries</dt><dd>${record.entries}</dd>
<dt>Hash of the last</dt><dd><code>${record.head}</code></dd>
<dt>Take the record out</dt><dd><code>failover report ${result.execution} --save ${result.execution}.json</code></dd>
<dt>Is it whole?</dt><dd><code>failover verify ${result.execution}.json --head ${record.head.slice(0, 12)}…</code></dd>
<dt>Decide it again</dt><dd><code>failover replay ${result.execution}.json</code></dd>
<dt>With other settings</dt><dd><code>failover replay ${result.execution}.json --set quorum=2of5 --set down=5s</code></dd>
</dl>`,
  );
