/** What came of the promotion that the drill was to make. */
import { promotionText } from '../../core/report/promotedDrill.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import { html, type Markup } from '../markup.ts';
import { section } from '../text.ts';

export const promotionSection = ({ promotion }: DrillReport): Markup | null =>
  promotion === null
    ? null
    : section(
        'promotion',
        promotion.status === 'started' ? 'Promotion started' : 'Nothing promoted',
        'Staging, then the standby, then the primary; old and new compared at every share of the traffic.',
        html`<p>${promotionText(promotion)}</p>${
          promotion.plan.length === 0
            ? ''
            : html`<ol>${promotion.plan.map((line) => html`<li>${line}</li>`)}</ol>`
        }`,
      );
