/** Every probe of every observer around the decision, on one axis of time. */
import { originText } from '../../core/report/failoverWords.ts';
import type { FailoverReport } from '../../events/failoverReport.ts';
import { html, type Markup } from '../markup.ts';
import { axisRow, gridLines, lane, ruleAt } from '../plots/lanes.ts';
import { linearScale, percent, type Scale } from '../scale.ts';
import { section } from '../text.ts';
import { originMs } from './facts.ts';

/** Shown before the fault and after the last moment that counts, as a share of what is between. */
const MARGIN = 0.4;
const MARGIN_MS_MIN = 1_500;
const MIDDLE = 13;

type Probes = FailoverReport['probes'][number];

const momentOf = ({ timeline }: FailoverReport, kind: string): number | null =>
  timeline.find((moment) => moment.kind === kind)?.atMs ?? null;

const marksOf = ({ samples }: Probes, scale: Scale, fromMs: number): Markup[] =>
  samples.map(({ startMs, failure }) => {
    const x = percent(scale.place((startMs - fromMs) / 1_000));
    return failure === null
      ? html`<circle class="probe-good" cx="${x}" cy="${MIDDLE}" r="2.6"/>`
      : html`<svg x="${x}" y="${MIDDLE}" overflow="visible"><path class="probe-bad" d="M-3.6-3.6L3.6 3.6M3.6-3.6L-3.6 3.6"/><title>${failure}</title></svg>`;
  });

const rowOf = (probes: Probes, scale: Scale, fromMs: number, rules: readonly Markup[]): Markup => {
  const { observer, samples, silenced } = probes;
  const failed = samples.filter(({ failure }) => failure !== null).length;
  const label = `${observer}: ${samples.length} probes, ${failed} failed`;
  const note = silenced === null ? `${failed} of ${samples.length} failed` : `silent: ${silenced}`;
  return html`<div class="row"><div><bdi>${observer}</bdi></div>${lane(label, [
    gridLines(scale),
    ...rules,
    ...marksOf(probes, scale, fromMs),
  ])}<div><small>${note}</small></div></div>`;
};

export const probesSection = (report: FailoverReport): Markup | null => {
  const { probes, result } = report;
  if (probes.length === 0) return null;
  const fromMs = originMs(report);
  const decidedMs = momentOf(report, 'decision') ?? result.startedAtMs;
  const flippedMs = momentOf(report, 'flip');
  const endMs = momentOf(report, 'effective') ?? flippedMs ?? decidedMs;
  const marginMs = Math.max(MARGIN_MS_MIN, MARGIN * (endMs - fromMs));
  const [firstMs, lastMs] = [fromMs - marginMs, endMs + marginMs];
  const shown = probes.map((each) => ({
    ...each,
    samples: each.samples.filter(({ startMs }) => startMs >= firstMs && startMs <= lastMs),
  }));
  const secondOf = (ms: number): number => (ms - fromMs) / 1_000;
  const scale = linearScale([secondOf(firstMs), secondOf(lastMs)], { margin: 0, ticks: 6 });
  const rules = [
    ruleAt(scale, secondOf(decidedMs), 'rule-decided'),
    ...(flippedMs === null ? [] : [ruleAt(scale, secondOf(flippedMs), 'rule-flipped')]),
  ];
  const targets = [...new Set(shown.map(({ target }) => target))];
  const cards = targets.map(
    (target) =>
      html`<figure class="card"><figcaption><h3><bdi>${target}</bdi></h3></figcaption><div class="rows compact">${shown
        .filter((each) => each.target === target)
        .map((each) =>
          rowOf(each, scale, fromMs, rules),
        )}<div class="row axis-row"><div></div>${axisRow(scale, (tick) => `${tick} s`)}<div></div></div></div></figure>`,
  );
  return section(
    'probes',
    'What the observers saw',
    `Each mark is one probe at the moment it started: a dot is well, a cross failed. The lines are the decision and the flip; zero is ${originText(result.cause)}.`,
    html`<div class="stack">${cards}</div>`,
  );
};
