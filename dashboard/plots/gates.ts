/** What each variant had to pass, and what it did not. */
import type { DrillReport } from '../../events/drillReport.ts';
import type { GateResult } from '../../events/gates.ts';
import { armName, type Identities } from '../identity.ts';
import { html, type Markup } from '../markup.ts';
import { section } from '../text.ts';

const WORDS = { passed: '✓', failed: '✕', 'not judged': 'not judged:' } as const;

const cell = (name: string, result: GateResult | undefined): Markup => {
  if (!result) return html`<td data-label="${name}"><span class="none">not built</span></td>`;
  const { status, found } = result;
  const text = `${WORDS[status]} ${found}`;
  const shown =
    status === 'failed'
      ? html`<strong class="loss">${text}</strong>`
      : status === 'passed'
        ? html`${text}`
        : html`<span class="none">${text}</span>`;
  return html`<td data-label="${name}">${shown}</td>`;
};

export const gatesSection = (report: DrillReport, identities: Identities): Markup | null => {
  const all = report.variants.flatMap(({ gates }) => gates);
  const names = [...new Set(all.map(({ gate }) => gate))];
  if (names.length === 0) return null;
  const head = names.map((name) => {
    const limit = all.find(({ gate }) => gate === name)?.limit ?? '';
    return html`<th scope="col">${name}<br><small>${limit}</small></th>`;
  });
  const rows = report.variants.map(
    ({ id, gates }) =>
      html`<tr><th scope="row">${armName(identities.of(id))}</th>${names.map((name) =>
        cell(
          name,
          gates.find(({ gate }) => gate === name),
        ),
      )}</tr>`,
  );
  return section(
    'gates',
    'Gates',
    'A variant that fails one is not ranked. The image that runs today stays in the table in any case, because everything is compared with it. What could not be judged is neither passed nor failed.',
    html`<table class="cards"><thead><tr><th scope="col">variant</th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  );
};
