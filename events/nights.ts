/** What is kept and told of the nights of a service: points of series, alerts, acknowledgements. */
import * as z from 'zod';
import { DrillId } from './region.ts';

const Unit = z.enum(['ms', 'bytes']);
const IsoDate = z.iso.date();
const Positive = z.number().positive();

/** One point of one series; the fields are those of core/anomalies/series.ts. */
export const SeriesNight = z.strictObject({
  drillId: DrillId,
  startedAt: z.iso.datetime(),
  referenceId: z.string(),
  conditions: z.string(),
  scope: z.string(),
  metric: z.string(),
  unit: Unit,
  reference: Positive.nullable(),
  control: z.number().nullable(),
  candidates: z.record(z.string(), z.number()),
});

export const AlertId = z.string().regex(/^[a-z0-9-]{1,80}$/);
const Word = z.enum(['image', 'environment', 'measurement']);

const Lead = z.strictObject({
  scope: z.string(),
  metric: z.string(),
  unit: Unit,
  role: z.enum(['reference', 'control', 'candidate']),
  variant: z.string().nullable(),
});

const finding = {
  word: Word,
  of: z.string().nullable(),
  why: z.string(),
  where: z.string().nullable(),
  lead: Lead,
  before: Positive,
  after: Positive,
  method: z.enum(['ewma', 'edivisive']),
  p: z.number(),
  members: z.array(z.string()).readonly(),
};

const seen = { word: Word, of: z.string().nullable(), logChange: z.number() };

/** An alert as it is kept; core/anomalies/alerts.ts gives the meaning of the fields. */
export const StoredAlert = z.strictObject({
  id: AlertId,
  ...finding,
  since: z.int(),
  firstDrill: DrillId,
  lastDrill: DrillId,
  lastDay: z.int(),
  told: z.strictObject({ ...seen, drillId: DrillId, state: z.enum(['new', 'changed']) }),
});

/** A person has seen an alert: it is quiet until it changes. */
export const Acknowledgement = z.strictObject({
  alertId: AlertId,
  ...seen,
  at: z.iso.datetime(),
  note: z.string().max(500).nullable(),
});
export type Acknowledgement = z.output<typeof Acknowledgement>;

/** An alert as a report, an event and a person see it. */
export const NightAlert = z.strictObject({
  id: AlertId,
  state: z.enum(['new', 'changed', 'known', 'acknowledged']),
  ...finding,
  /** The first bad night. */
  since: IsoDate,
  changePct: z.number(),
  acknowledged: z.strictObject({ at: z.iso.datetime(), note: z.string().nullable() }).nullable(),
});
export type NightAlert = z.output<typeof NightAlert>;

/** A series as the page draws it: one value for each day, null where there is none. */
export const Timeline = z.strictObject({
  ...Lead.shape,
  first: IsoDate,
  /** Of the reference in the unit; of others as ratios to it. */
  values: z.array(z.number().nullable()),
  changes: z.array(
    z.strictObject({ date: IsoDate, before: z.number(), after: z.number(), p: z.number() }),
  ),
});
export type Timeline = z.output<typeof Timeline>;

/** The part of a drill's report that looks at the nights before it. */
export const NightsReport = z.strictObject({
  /** `learning` with fewer than eight nights before this one. */
  status: z.enum(['learning', 'judged']),
  first: IsoDate,
  last: IsoDate,
  /** Nights that were measured, this one included, and those between that were not. */
  measured: z.int(),
  holes: z.int(),
  /** How many series were watched. */
  series: z.int(),
  alerts: z.array(NightAlert),
  timelines: z.array(Timeline),
});
export type NightsReport = z.output<typeof NightsReport>;

export const DetectAnomaliesInput = z.strictObject({ drillId: DrillId, reportKey: z.string() });
export const DetectAnomaliesOutput = z.strictObject({
  status: z.enum(['learning', 'judged', 'nothing-measured']),
  /** Alerts of this night that a person is told of, and all that are open. */
  told: z.int(),
  open: z.int(),
});
