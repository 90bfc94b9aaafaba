/** Where the time of a build goes: its steps, one below the other, as they began. */
import { formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { BuildStepFacts } from '../../events/imageContent.ts';
import { armName, type Identities } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { percent, type Scale, zeroScale } from '../scale.ts';
import { section, tickText } from '../text.ts';
import { axisRow, gridLines, lane } from './lanes.ts';

const ROWS_MAX = 30;

type Built = {
  readonly id: string;
  readonly buildMs: number | null;
  readonly steps: readonly BuildStepFacts[];
};

const row = (step: BuildStepFacts, scale: Scale): Markup => {
  const { stage, instruction, fromMs, ms, cached } = step;
  const took = cached ? 'cached' : formatMs(ms);
  const label = `${stage} ${step.step}: ${instruction}: ${took}`;
  const x = percent(scale.place(fromMs));
  const width = percent(Math.max(0.3, scale.place(fromMs + ms) - scale.place(fromMs)));
  return html`<div class="row"><div class="row-name step-name" title="${label}"><small>${stage} ${step.step}</small> ${instruction}</div>${lane(
    label,
    [
      gridLines(scale),
      html`<rect class="step${cached ? ' cached' : ''}" x="${x}" width="${width}" y="6" height="14" rx="2"><title>${label}</title></rect>`,
    ],
  )}<div class="row-value num">${took}</div></div>`;
};

/** Steps that took longest, in the order in which they began. */
const shownSteps = (steps: readonly BuildStepFacts[]): BuildStepFacts[] => {
  const longest = new Set([...steps].sort((a, b) => b.ms - a.ms).slice(0, ROWS_MAX));
  return steps.filter((step) => longest.has(step)).sort((a, b) => a.fromMs - b.fromMs);
};

const stageSums = (steps: readonly BuildStepFacts[]): Markup => {
  const stages = [...Map.groupBy(steps, ({ stage }) => stage)].map(([stage, own]) => {
    const cached = own.filter((step) => step.cached).length;
    const ms = own.reduce((sum, step) => sum + step.ms, 0);
    return html`<li><strong>${stage}</strong> ${formatMs(ms)}, ${cached} of ${own.length} steps cached</li>`;
  });
  return html`<ul class="legend">${stages}</ul>`;
};

const panel =
  (identities: Identities) =>
  ({ id, buildMs, steps }: Built, at: number): Markup => {
    const shown = shownSteps(steps);
    const scale = zeroScale(
      steps.map(({ fromMs, ms }) => fromMs + ms),
      5,
    );
    const left = steps.length - shown.length;
    const note = left > 0 ? html`<p class="note">${left} shorter steps are left out.</p>` : null;
    const all = buildMs === null ? '' : `, build and push ${formatMs(buildMs)} in all`;
    return html`<div${at > 0 ? html` hidden` : null}><figure class="card"><figcaption><h3>${armName(identities.of(id))}<small>${all}</small></h3></figcaption>${stageSums(steps)}<div class="rows steps">${shown.map(
      (step) => row(step, scale),
    )}<div class="row axis-row"><div></div>${axisRow(scale, (tick) => tickText(tick, formatMs))}<div></div></div></div>${note}</figure></div>`;
  };

export const buildsSection = (report: DrillReport, identities: Identities): Markup | null => {
  const built = report.variants.flatMap(({ id, image }): Built[] =>
    image && image.buildSteps.length > 0
      ? [{ id, buildMs: image.buildMs, steps: image.buildSteps }]
      : [],
  );
  if (built.length === 0) return null;
  const options = built.map(({ id }, at) => html`<option value="${at}">${id}</option>`);
  return section(
    'builds',
    'Steps of the builds',
    'From the log of each build. Steps that the cache had already are pale. Values of arguments and variables are left out.',
    [
      html`<p class="switch" data-switch="build-panels"><label>Variant <select name="builds">${options}</select></label></p>`,
      html`<div class="panels" id="build-panels">${built.map(panel(identities))}</div>`,
    ],
  );
};
