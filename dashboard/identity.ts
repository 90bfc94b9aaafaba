/** What an arm looks like in every plot: a colour that colour-blind people can tell apart, and a shape besides. */
import type { DrillReport } from '../events/drillReport.ts';
import { html, type Markup } from './markup.ts';

/** Colours defined in styles.ts as `--arm-0` and on; the reference has the neutral `--arm-0`. */
const COLOURS = 6;

const SHAPES = [
  'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z',
  'M-4-4H4V4H-4Z',
  'M0-5.2L5 4H-5Z',
  'M0-5.6L5.2 0L0 5.6L-5.2 0Z',
  'M0 5.2L5-4H-5Z',
] as const;

export type Identity = {
  readonly id: string;
  /** Name for people; the control is not a variant. */
  readonly name: string;
  readonly note: string;
  readonly colour: number;
  readonly shape: number;
  /** Drawn as an outline: the A/A control. */
  readonly hollow: boolean;
};

export type Identities = {
  readonly of: (armId: string) => Identity;
  readonly all: readonly Identity[];
};

export const CONTROL_ID = 'control';

const candidate = (id: string, at: number): Identity => ({
  id,
  name: id,
  note: '',
  colour: 1 + (at % COLOURS),
  shape: 1 + (at % (SHAPES.length - 1)),
  hollow: false,
});

/** The reference first, then candidates in the order of the matrix, the control last. */
export const identitiesOf = (report: DrillReport): Identities => {
  const reference: Identity = {
    ...candidate(report.reference, 0),
    note: 'today',
    colour: 0,
    shape: 0,
  };
  const control: Identity = {
    ...reference,
    id: CONTROL_ID,
    name: CONTROL_ID,
    note: `${report.reference} again`,
    hollow: true,
  };
  const others = report.variants.filter(({ id }) => id !== report.reference);
  const all = [reference, ...others.map(({ id }, at) => candidate(id, at)), control];
  const byId = new Map(all.map((identity) => [identity.id, identity]));
  return { of: (armId) => byId.get(armId) ?? candidate(armId, 0), all };
};

const looks = ({ colour, hollow }: Identity): string =>
  `mark arm-${colour}${hollow ? ' hollow' : ''}`;

/** The shape around the origin. */
const glyph = (identity: Identity): Markup =>
  html`<path class="${looks(identity)}" d="${SHAPES[identity.shape] ?? SHAPES[0]}"/>`;

/** The mark of an arm inside an SVG, at a place across in percent and one down in pixels. */
export const markAt = (identity: Identity, across: string, down: number, title: string): Markup =>
  html`<svg x="${across}" y="${down}" overflow="visible">${glyph(identity)}<title>${title}</title></svg>`;

/** The mark of an arm inside text. */
const inlineMark = (identity: Identity): Markup =>
  html`<svg class="key" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">${glyph(identity)}</svg>`;

/** Mark, name and note of an arm. */
export const armName = (identity: Identity): Markup =>
  html`<span class="arm">${inlineMark(identity)}<bdi>${identity.name}</bdi>${
    identity.note ? html` <small>${identity.note}</small>` : null
  }</span>`;

/** The legend of a plot: the arms that are in it, and further keys. */
export const legend = (identities: readonly Identity[], more: readonly Markup[] = []): Markup =>
  html`<ul class="legend">${identities.map((identity) => html`<li>${armName(identity)}</li>`)}${more.map(
    (key) => html`<li>${key}</li>`,
  )}</ul>`;
