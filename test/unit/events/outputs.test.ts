// Goal: what commands print as JSON is described by a schema, and the published schema is that of the code.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { SCHEMA_NAMES } from '../../../cli/choices.ts';
import { schemaOf } from '../../../cli/commands/schema.ts';
import { placementRows, rankingLines, roundRows } from '../../../cli/rows.ts';
import { rankStandbys } from '../../../core/regions/judge.ts';
import { Config } from '../../../events/config.ts';
import { DrillReport } from '../../../events/drillReport.ts';
import { ExportOutput } from '../../../events/exportOutput.ts';
import { HistoryOutput } from '../../../events/historyOutput.ts';
import { readDrill, reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';
import { troubledDrill } from '../../support/troubledDrill.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const published: unknown = JSON.parse(
  readFileSync(path.join(ROOT, 'failover.schema.json'), 'utf8'),
);

describe('the published schema', () => {
  it('is that of the code (else: failover schema config > failover.schema.json)', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(schemaOf('config'))));
  });

  it('takes the example, and refuses a key it does not know', () => {
    const schema = z.fromJSONSchema(published as Parameters<typeof z.fromJSONSchema>[0]);
    const shop = parse(readFileSync(path.join(ROOT, 'examples/shop/failover.yml'), 'utf8'));
    expect(schema.safeParse(shop).success).toBe(true);
    expect(schema.safeParse({ ...shop, srvice: 'x' }).success).toBe(false);
    expect(schema.safeParse({ ...shop, service: undefined }).success).toBe(false);
  });
});

describe('schemas of outputs', () => {
  it.each(SCHEMA_NAMES)('%s is a JSON Schema', (name) => {
    expect(schemaOf(name)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: expect.any(String),
    });
  });

  it('know no other name', () => {
    expect(() => schemaOf('toString')).toThrow('no schema toString');
  });

  it('describe a report that went through JSON', () => {
    const report = reportOfDrill(drillRecords(), FINISHED_AT);
    const again: unknown = JSON.parse(JSON.stringify(report));
    expect(DrillReport.parse(again)).toEqual(report);
    const described = z.fromJSONSchema(schemaOf('report'));
    expect(described.safeParse(again).success).toBe(true);
    expect(described.safeParse({ ...report, rankings: 'none' }).success).toBe(false);
  });

  it('describe every kind of exported row', () => {
    const drill = troubledDrill();
    const { rankings } = reportOfDrill(drill, FINISHED_AT);
    for (const exported of [
      { what: 'rounds', rows: roundRows(drill) },
      { what: 'placements', rows: placementRows(drill) },
      { what: 'rankings', rows: rankingLines('d', rankings) },
    ]) {
      const parsed = ExportOutput.parse(exported);
      expect(parsed.rows.length).toBeGreaterThan(5);
    }
  });

  it('describe what is known of regions', () => {
    const described = z.fromJSONSchema(schemaOf('regions'));
    const ranking = JSON.parse(JSON.stringify(rankStandbys('eu-west-1', ['EU'])));
    expect(described.safeParse(ranking).success).toBe(true);
    expect(described.safeParse({ ...ranking, refused: null }).success).toBe(false);
  });

  it('describe a history', () => {
    const drill = {
      ...{ drillId: 'shop-1', service: 'shop', startedAt: '2026-11-21T01:00:00.000Z' },
      ...{ finishedAt: null, status: 'INTERRUPTED', roundsDone: 2, summary: null },
    };
    expect(
      HistoryOutput.safeParse({ drills: [drill], failovers: [], promotions: [], unread: [] })
        .success,
    ).toBe(true);
    expect(HistoryOutput.safeParse({ drills: [{ ...drill, status: 'LOST' }] }).success).toBe(false);
  });
});

describe('exported rows', () => {
  it('count failures beside the quantiles and leave empty what is not available', () => {
    const rows = roundRows(troubledDrill());
    const fat = rows.find(({ variant, round }) => variant === 'fat' && round === 1);
    expect(fat).toMatchObject({ n: 20, failures: 3, tcp_p50_ms: null, role: 'candidate' });
    expect(fat?.wait_p50_ms).toBeGreaterThan(3);
    expect(rows.some(({ variant }) => variant === '-')).toBe(false);
  });

  it('show what a late burst saw, and say that it does not count', () => {
    const late = roundRows(troubledDrill()).filter(({ valid }) => !valid);
    expect(late).toHaveLength(2);
    expect(late[0]?.p50_ms).toBeGreaterThan(0);
  });
});

describe('samples of events', () => {
  const schemas: Record<string, () => Promise<z.ZodType>> = {
    drillInput: async () => (await import('../../../events/drillInput.ts')).DrillInput,
    placement: async () => (await import('../../../events/placement.ts')).Placement,
    probeRequest: async () => (await import('../../../events/probeRequest.ts')).ProbeRequest,
    probeResult: async () => (await import('../../../events/probeRequest.ts')).ProbeResult,
    lookInput: async () => (await import('../../../events/roundOutcome.ts')).LookInput,
    notifyInput: async () => (await import('../../../events/drillEnd.ts')).NotifyInput,
    anomalyFound: async () => (await import('../../../events/anomalyFound.ts')).AnomalyFound,
    config: async () => Config,
    probeOutcome: async () => (await import('../../../events/probeOutcome.ts')).ProbeOutcome,
    healthVote: async () => (await import('../../../events/healthVote.ts')).HealthVote,
    regionVerdict: async () => (await import('../../../events/regionVerdict.ts')).RegionVerdict,
    failoverDecided: async () =>
      (await import('../../../events/failoverDecided.ts')).FailoverDecided,
    failoverCompleted: async () =>
      (await import('../../../events/failoverCompleted.ts')).FailoverCompleted,
    externalAlarm: async () => (await import('../../../events/externalAlarm.ts')).ExternalAlarm,
  };
  const files = globSync('events/samples/*.json', { cwd: ROOT }).sort();

  it('are there for every schema named here', () => {
    expect(files.map((file) => path.basename(file, '.json'))).toEqual(Object.keys(schemas).sort());
  });

  it.each(files)('%s fits its schema, and no more than that', async (file) => {
    const schema = await schemas[path.basename(file, '.json')]?.();
    const sample = JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
    expect(schema?.safeParse(sample)).toMatchObject({ success: true });
    expect(schema?.safeParse({ ...sample, unknownKey: 1 })).toMatchObject({ success: false });
  });
});

describe('records read back', () => {
  it('make up the whole drill', async () => {
    const drill = drillRecords();
    const { images, placements, unreachable, bursts } = drill;
    const records = {
      plan: async () => drill.plan,
      images: async () => images,
      placements: async () => placements,
      unreachables: async () => unreachable,
      latencies: async () => bursts,
    };
    expect(await readDrill(records, 'shop-1')).toEqual(drill);
  });
});
