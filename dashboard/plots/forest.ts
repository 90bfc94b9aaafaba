/** Effects against the reference with their intervals, and the band in which a difference does not matter. */
import type { DrillReport } from '../../events/drillReport.ts';
import type { Ranking } from '../../events/ranking.ts';
import { armName, CONTROL_ID, type Identities, type Identity } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { linearScale, type Scale } from '../scale.ts';
import { effectWords, quantileText, section, signedPct, tailOf } from '../text.ts';
import { axisRow, gridLines, intervalMark, lane, ruleAt, zone } from './lanes.ts';

type Effect = {
  readonly identity: Identity;
  readonly effectPct: number;
  readonly ciPct: readonly [number, number] | null;
};

const effectsOf = (ranking: Ranking, reference: string, identities: Identities): Effect[] => {
  const candidates = ranking.rows.flatMap(({ v, effectPct, ciPct }): Effect[] =>
    v === reference || effectPct === null ? [] : [{ identity: identities.of(v), effectPct, ciPct }],
  );
  const { aaPair } = ranking;
  const control = aaPair && {
    identity: identities.of(CONTROL_ID),
    effectPct: aaPair.effectPct,
    ciPct: aaPair.ciPct,
  };
  return control ? [...candidates, control] : candidates;
};

const percentTick = (tick: number): string =>
  tick === 0 ? '0' : `${tick < 0 ? '−' : '+'}${Math.abs(tick)} %`;

/** An effect beyond this is drawn at the edge, so that one outlier does not hide what the others did. */
const REACH_PCT = 100;

const within = (pct: number): number => Math.min(pct, REACH_PCT);

const row = ({ identity, effectPct, ciPct }: Effect, scale: Scale, deltaPct: number): Markup => {
  const words = effectWords(effectPct, ciPct);
  const label = `${identity.name} against the reference: ${words}${ciPct ? '' : ', too few rounds for an interval'}`;
  return html`<div class="row"><div class="row-name">${armName(identity)}</div>${lane(label, [
    zone(scale, -deltaPct, deltaPct, 'delta'),
    gridLines(scale),
    ruleAt(scale, 0, 'zero'),
    intervalMark(
      identity,
      scale,
      within(effectPct),
      ciPct && [within(ciPct[0]), within(ciPct[1])],
      label,
    ),
    effectPct > REACH_PCT && html`<text x="100%" y="17" text-anchor="end">→</text>`,
  ])}<div class="row-value num">${words}</div></div>`;
};

const plot = (ranking: Ranking, reference: string, identities: Identities): Markup => {
  const effects = effectsOf(ranking, reference, identities);
  const { deltaPct } = ranking;
  const reach = effects.flatMap(({ effectPct, ciPct }) =>
    [effectPct, ...(ciPct ?? [])].map(within),
  );
  const scale = linearScale([...reach, -1.3 * deltaPct, 1.3 * deltaPct]);
  const title = `${ranking.metric} at ${quantileText(ranking.q)}`;
  return html`<figure class="card"><figcaption><h3>${title}</h3></figcaption><div class="rows">${effects.map(
    (effect) => row(effect, scale, deltaPct),
  )}<div class="row axis-row"><div></div>${axisRow(scale, percentTick)}<div></div></div><div class="row axis-row"><div></div><p class="ends axis"><span>← faster</span><span>slower →</span></p><div></div></div></div></figure>`;
};

/** At the median, and in the tail where that was ranked. */
export const forestSection = (
  report: DrillReport,
  ranking: Ranking,
  identities: Identities,
): Markup => {
  const tail = tailOf(report, ranking);
  const delta = signedPct(ranking.deltaPct).replace('+', '±');
  const keys = html`<ul class="legend"><li><svg class="key" width="22" height="14" aria-hidden="true"><line class="stroke arm-0" x1="1" x2="21" y1="7" y2="7"/><line class="stroke arm-0" x1="1" x2="1" y1="3" y2="11"/><line class="stroke arm-0" x1="21" x2="21" y1="3" y2="11"/></svg>interval, holding for all pairs at once</li><li><svg class="key" width="14" height="14" aria-hidden="true"><rect class="delta" width="14" height="14"/></svg>${delta}: too small to matter</li></ul>`;
  return section(
    'effects',
    'Effect against the reference',
    html`How much faster or slower than <bdi>${report.reference}</bdi>, paired round by round. A difference is sure when it is significant and its estimate lies outside the band. The control is the reference measured twice: it should stay near zero.`,
    [
      keys,
      html`<div class="pair">${[ranking, ...(tail ? [tail] : [])].map((one) =>
        plot(one, report.reference, identities),
      )}</div>`,
    ],
  );
};
