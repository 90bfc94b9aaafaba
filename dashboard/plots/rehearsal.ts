/** How the rehearsal of the failover went. */
import { rehearsalText } from '../../core/report/rehearsal.ts';
import { formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import { html, type Markup } from '../markup.ts';
import { section } from '../text.ts';

type Timings = NonNullable<NonNullable<DrillReport['rehearsal']>['timings']>;

const PARTS: readonly (readonly [keyof Timings, string])[] = [
  ['detectMs', 'detect'],
  ['decideMs', 'decide'],
  ['fenceMs', 'fence the old side'],
  ['scaleMs', 'scale the standby'],
  ['flipMs', 'flip'],
  ['authoritativeMs', 'all name servers answer with it'],
  ['effectiveMs', 'resolvers and a request, too'],
];

const partsTable = (timings: Timings): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Parts of the RTO"><table><thead><tr><th scope="col">part</th><th scope="col" class="num">took</th></tr></thead><tbody>${PARTS.map(
    ([key, name]) => {
      const ms = timings[key];
      return html`<tr><th scope="row">${name}</th><td class="num">${ms === null ? 'not measured' : formatMs(ms)}</td></tr>`;
    },
  )}</tbody></table></div>`;

export const rehearsalSection = ({ rehearsal }: DrillReport): Markup | null =>
  rehearsal === null
    ? null
    : section(
        'rehearsal',
        `Failover rehearsed: ${rehearsal.outcome}`,
        'The service moved to the standby and back, with detection and proof, as on the bad day.',
        html`<p>${rehearsalText(rehearsal)}</p>${rehearsal.timings === null ? '' : partsTable(rehearsal.timings)}`,
      );
