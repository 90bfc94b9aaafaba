/** Primary and standby side by side: the way between them, their data, and the service that runs in each. */
import { formatMs } from '../../core/units.ts';
import type { DrillReport } from '../../events/drillReport.ts';
import type { StandbyRecord } from '../../events/standby.ts';
import { html, type Markup } from '../markup.ts';
import { known, section } from '../text.ts';

/** A word, or that there is none. */
const word = (text: string | null | undefined, otherwise = 'not known'): Markup =>
  text === null || text === undefined
    ? html`<span class="none">${otherwise}</span>`
    : html`${text}`;

type Side = StandbyRecord['primary'];

const table = (label: string, titles: readonly string[], rows: readonly Markup[]): Markup =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table class="cards"><caption>${label}</caption><thead><tr>${titles.map(
    (title, at) => html`<th scope="col"${at > 0 ? html` class="num"` : null}>${title}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>`;

const num = (name: string, value: Markup | string): Markup =>
  html`<td class="num" data-label="${name}">${value}</td>`;

const DATA = ['behind p50', 'p95', 'max', 'never came'] as const;

const dataTable = ({ replication }: DrillReport): Markup | null =>
  replication.length === 0
    ? null
    : table(
        'How far data is behind, by heartbeats',
        ['direction', ...DATA],
        replication.map(
          ({ from, to, roles, heartbeats, unseen, lag }) =>
            html`<tr><th scope="row"><bdi>${from}</bdi> → <bdi>${to}</bdi> <small>${roles}</small></th>${[
              num(DATA[0], known(lag?.p50, formatMs)),
              num(DATA[1], known(lag?.p95, formatMs)),
              num(DATA[2], known(lag?.max, formatMs)),
              num(DATA[3], `${unseen} of ${heartbeats}`),
            ]}</tr>`,
        ),
      );

const shortDigests = ({ digests }: NonNullable<Side['service']>): string | null =>
  digests.length === 0
    ? null
    : digests.map((digest) => digest.replace('sha256:', '').slice(0, 12)).join(', ');

const SERVICE = ['tasks', 'image', 'cpu', 'memory', 'certificate ends'] as const;

const sideRow = ({ region, service, certificate }: Side, role: string): Markup => {
  const ends = certificate && new Date(certificate.expiresAtMs).toISOString().slice(0, 10);
  return html`<tr><th scope="row"><bdi>${region}</bdi> <small>${role}</small></th>${[
    num(SERVICE[0], word(service && `${service.running} of ${service.desired}`, 'none')),
    num(SERVICE[1], word(service && shortDigests(service))),
    num(SERVICE[2], word(service?.cpu)),
    num(SERVICE[3], word(service?.memoryMb && `${service.memoryMb} MB`)),
    num(SERVICE[4], word(ends)),
  ]}</tr>`;
};

const serviceTable = ({ standby }: DrillReport): Markup | null => {
  if (!standby) return null;
  const sides = [standby.primary, standby.standby];
  if (!sides.some(({ service, certificate }) => service || certificate)) return null;
  return table(
    'The service that runs',
    ['region', ...SERVICE],
    [sideRow(standby.primary, 'primary'), sideRow(standby.standby, 'standby')],
  );
};

const leadOf = ({ pair, standby }: DrillReport): string => {
  const measured =
    pair?.measuredRttMs == null
      ? 'The round trip was not measured tonight.'
      : `A round trip took ${formatMs(pair.measuredRttMs)} tonight.`;
  const way = pair ? `${pair.why.join('; ')}. ${measured}` : '';
  const drifts = standby?.drifts.length ?? 0;
  const drift =
    drifts === 0
      ? ''
      : ` ${drifts} ${drifts === 1 ? 'drift is' : 'drifts are'} among the problems.`;
  return `${way}${drift}`;
};

export const standbySection = (report: DrillReport): Markup | null => {
  const parts = [dataTable(report), serviceTable(report)].filter((part) => part !== null);
  if (parts.length === 0) return null;
  return section('standby', 'Primary and standby', leadOf(report), parts);
};
