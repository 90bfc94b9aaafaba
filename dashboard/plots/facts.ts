/** What was found in words: the headline, problems, what is missing, and how it was measured. */
import { tiesText } from '../../core/report/words.ts';
import { formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { Ranking } from '../../events/ranking.ts';
import { html, type Markup } from '../markup.ts';
import { countText, section, timeText } from '../text.ts';

const AA_WORDS = {
  clean: '✓ clean',
  differs: '✕ differs',
  'not measured': 'not measured',
} as const;

const aaText = (ranking: Ranking | undefined): string =>
  ranking ? AA_WORDS[ranking.aa] : AA_WORDS['not measured'];

const fact = (name: string, value: string | Markup, note: string): Markup =>
  html`<div><dt>${name}</dt><dd>${value}</dd><dd class="fact-note">${note}</dd></div>`;

const tookMs = ({ startedAt, finishedAt }: DrillReport): number =>
  Date.parse(finishedAt) - Date.parse(startedAt);

/** The first screen: what moved, how sure, what to do. */
export const header = (report: DrillReport, ranking: Ranking | undefined): Markup => {
  const [first, ...others] = report.next;
  const { regions, vantages } = report;
  return html`<header>
<p class="eyebrow"><strong><bdi>${report.service}</bdi></strong> drill · ${timeText(report.startedAt)} · <bdi>${regions.primary}</bdi> → <bdi>${regions.standby}</bdi></p>
<h1>${report.headline}</h1>
${first === undefined ? null : html`<p class="next"><strong>Next</strong> ${first}</p>`}
${others.length === 0 ? null : html`<ul class="plain further">${others.map((step) => html`<li>${step}</li>`)}</ul>`}
<dl class="facts">
${fact('Rounds', String(report.roundsDone), `${report.roundsPlanned} planned; each a fresh placement`)}
${fact('A/A check', aaText(ranking), 'the reference against itself')}
${fact('Probes', countText(report.sent), report.failed === 0 ? 'none failed' : `${countText(report.failed)} failed`)}
${fact('Noise floor', formatMs(report.floorP50Ms), `${formatMs(report.floorP95Ms)} at p95`)}
${fact('Vantages', String(vantages.length), vantages.join(', '))}
${fact('Took', formatMs(tookMs(report)), `runner: ${report.runner.join(', ') || 'none'}`)}
</dl></header>`;
};

export const problemsSection = ({ problems }: DrillReport): Markup | null =>
  problems.length === 0
    ? null
    : section(
        'problems',
        problems.length === 1 ? 'One problem' : `${problems.length} problems`,
        problems.length === 1
          ? 'It did not end the drill; what it touches is marked or left out.'
          : 'None of them ended the drill; what they touch is marked or left out.',
        html`<ul class="problems">${problems.map(
          ({ kind, where, what }) =>
            html`<li><strong>${kind}</strong> <bdi>${where}</bdi><p>${what}</p></li>`,
        )}</ul>`,
      );

export const notMeasuredSection = ({ notMeasured }: DrillReport): Markup | null =>
  notMeasured.length === 0
    ? null
    : section(
        'not-measured',
        'What was not measured',
        'No number stands in for any of this.',
        html`<dl class="terms">${notMeasured.map(
          ({ what, why }) => html`<dt class="hatched">${what}</dt><dd>${why}</dd>`,
        )}</dl>`,
      );

const pairsTable = ({ pairs }: Ranking): Markup =>
  html`<details><summary>Every pair, in words (${pairs.length})</summary><div class="scroll" tabindex="0" role="region" aria-label="Every pair"><table><thead><tr><th scope="col">pair</th><th scope="col">the first is</th><th scope="col" class="num">p (Holm)</th></tr></thead><tbody>${pairs.map(
    ({ i, j, words, pHolm }) =>
      html`<tr><th scope="row"><bdi>${i}</bdi> <small>and</small> <bdi>${j}</bdi></th><td>${words}</td><td class="num">${pHolm < 0.001 ? '< 0.001' : pHolm.toFixed(3)}</td></tr>`,
  )}</tbody></table></div></details>`;

const roundsText = (ranking: Ranking): string => {
  const { rounds, droppedRounds, minRounds, looks } = ranking;
  const dropped =
    droppedRounds.length === 0 ? '' : `; dropped for holes: ${droppedRounds.join(', ')}`;
  return `${rounds} count${dropped}. At least ${minRounds} are needed to tell any pair apart; ${looks === 1 ? 'one look was' : `${looks} looks were`} planned.`;
};

const changeText = (ranking: Ranking): string => {
  const { decided, needMoreRounds, aa } = ranking;
  if (aa === 'differs') return 'A drill on a quieter machine: tonight the A/A check failed.';
  if (needMoreRounds !== undefined) return tiesText(ranking) ?? '';
  return decided ? 'More rounds only narrow the intervals: every pair is decided.' : 'More rounds.';
};

const rankingTerms = (ranking: Ranking | undefined): Markup | null =>
  ranking
    ? html`<dt>Rounds</dt><dd>${roundsText(ranking)}</dd>
<dt>A/A check</dt><dd>${aaText(ranking)}${ranking.aaPair ? `: control against reference ${ranking.aaPair.words}` : ''}</dd>
<dt>Test</dt><dd>Exact Wilcoxon signed-rank on paired rounds, Hodges–Lehmann effect, Holm over ${ranking.pairs.length} pairs at ${(100 * ranking.alpha).toFixed(0)} %; differences below ${ranking.deltaPct.toFixed(1)} % are ties.</dd>
<dt>What would change the answer</dt><dd>${changeText(ranking)}</dd>`
    : null;

export const methodSection = (report: DrillReport, ranking: Ranking | undefined): Markup =>
  section(
    'method',
    'How it was measured',
    'Enough to judge the numbers, and to get the same ones again.',
    [
      html`<dl class="terms">
${rankingTerms(ranking)}
<dt>Samples</dt><dd>${report.samplesPerBurst} for each kind, arm, cell and round at ${report.ratePerS} a second, open loop: times count from the moment a request was due. Warm-up is left out, failures are counted as time-outs.</dd>
<dt>Noise floor</dt><dd>${formatMs(report.floorP50Ms)} at p50 and ${formatMs(report.floorP95Ms)} at p95: what the prober itself adds, measured on loopback between bursts.</dd>
<dt>Regions</dt><dd>primary <bdi>${report.regions.primary}</bdi>, standby <bdi>${report.regions.standby}</bdi>, witness <bdi>${report.regions.witness ?? 'none'}</bdi>; seen from ${report.vantages.join(', ')}</dd>
<dt>Profile</dt><dd>${report.profile}</dd>
<dt>Runner</dt><dd>${report.runner.join(', ') || 'none'}</dd>
<dt>Seed</dt><dd><code>${report.seed}</code></dd>
<dt>Hash of the inputs</dt><dd><code>${report.inputsHash}</code></dd>
<dt>Again from the records</dt><dd><code>failover rank ${report.drillId}</code></dd>
</dl>`,
      ...(ranking ? [pairsTable(ranking)] : []),
    ],
  );
