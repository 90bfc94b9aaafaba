// Goal: metrics put through the real client come back with the statistics CloudWatch would give.
import * as sdk from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realClock } from '../../local/clock.ts';
import { type CloudWatch, createCloudWatch } from '../../local/cloudwatch/service.ts';
import type { WireServer } from '../../local/wire/server.ts';
import { serviceFromSdk } from '../../local/wire/service.ts';
import { startTestServer } from '../support/wireServer.ts';

const NOW = Date.parse('2026-11-20T10:00:30Z');
const at = (seconds: number) => new Date(Date.parse('2026-11-20T10:00:00Z') + seconds * 1_000);

let service: CloudWatch;
let wire: WireServer;
let client: sdk.CloudWatchClient;

beforeEach(async () => {
  service = createCloudWatch({
    clock: { ...realClock, now: () => NOW },
    limits: { metrics: 3, pointsPerMetric: 100 },
  });
  wire = await startTestServer({
    services: [serviceFromSdk(sdk, 'monitoring', service.operations)],
  });
  client = new sdk.CloudWatchClient({
    region: 'eu-west-1',
    endpoint: wire.url,
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  });
});
afterEach(async () => {
  client.destroy();
  await wire.close();
});

const Dimensions = [{ Name: 'region', Value: 'eu-west-1' }];
const put = (...MetricData: Partial<sdk.MetricDatum>[]) =>
  client.send(
    new sdk.PutMetricDataCommand({
      Namespace: 'Drill',
      MetricData: MetricData.map((datum) => ({ MetricName: 'latency', Dimensions, ...datum })),
    }),
  );
const query = (Stat: string, more: Partial<sdk.MetricStat> = {}) =>
  client.send(
    new sdk.GetMetricDataCommand({
      StartTime: at(-600),
      EndTime: at(600),
      MetricDataQueries: [
        {
          Id: 'q',
          MetricStat: {
            Metric: { Namespace: 'Drill', MetricName: 'latency', Dimensions },
            Period: 60,
            Stat,
            ...more,
          },
        },
      ],
    }),
  );

describe('metrics', () => {
  it('are aggregated by period, the newest first', async () => {
    await put(
      { Timestamp: at(0), Value: 10 },
      { Timestamp: at(59), Values: [20, 30], Counts: [1, 2] },
      { Timestamp: at(60), StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 5, Maximum: 15 } },
    );
    const values = async (stat: string) => (await query(stat)).MetricDataResults?.[0]?.Values;
    expect(await values('SampleCount')).toEqual([4, 4]);
    expect(await values('Sum')).toEqual([40, 90]);
    expect(await values('Average')).toEqual([10, 22.5]);
    expect(await values('Minimum')).toEqual([5, 10]);
    expect(await values('Maximum')).toEqual([15, 30]);
    expect(await values('p50')).toEqual([25]);
    expect(await values('p100')).toEqual([30]);
    const [result] = (await query('Sum')).MetricDataResults!;
    expect(result).toMatchObject({ Id: 'q', Label: 'latency', StatusCode: 'Complete' });
    expect(result?.Timestamps).toEqual([at(60), at(0)]);
  });

  it('answer GetMetricStatistics', async () => {
    await put(
      { Timestamp: at(0), Value: 10, Unit: 'Milliseconds' },
      { Timestamp: at(1), Value: 30 },
    );
    const said = await client.send(
      new sdk.GetMetricStatisticsCommand({
        Namespace: 'Drill',
        MetricName: 'latency',
        Dimensions,
        StartTime: at(0),
        EndTime: at(60),
        Period: 60,
        Statistics: ['Average', 'Maximum'],
        ExtendedStatistics: ['p50'],
        Unit: 'Milliseconds',
      }),
    );
    expect(said).toMatchObject({
      Label: 'latency',
      Datapoints: [
        {
          Timestamp: at(0),
          Average: 10,
          Maximum: 10,
          Unit: 'Milliseconds',
          ExtendedStatistics: { p50: 10 },
        },
      ],
    });
  });

  it('come out of log lines too', async () => {
    const emf = {
      _aws: {
        Timestamp: NOW,
        CloudWatchMetrics: [
          { Namespace: 'Drill', Dimensions: [['region']], Metrics: [{ Name: 'latency' }] },
        ],
      },
      region: 'eu-west-1',
      latency: [1, 3],
    };
    expect(service.readLogLine('eu-west-1', JSON.stringify(emf))).toBe(1);
    expect((await query('Average')).MetricDataResults?.[0]?.Values).toEqual([2]);
  });

  it('are listed within bounds, and apart by region and dimensions', async () => {
    await put({ Value: 1 }, { Value: 1, Dimensions: [] }, { MetricName: 'b', Value: 1 });
    const list = async (request: sdk.ListMetricsCommandInput) =>
      (await client.send(new sdk.ListMetricsCommand(request))).Metrics!.map((m) => m.MetricName);
    expect(await list({ Namespace: 'Drill' })).toEqual(['b', 'latency', 'latency']);
    expect(await list({ Dimensions: [{ Name: 'region' }], MetricName: 'latency' })).toEqual([
      'latency',
    ]);
    expect(await list({ Namespace: 'Other' })).toEqual([]);
    await put({ MetricName: 'c', Value: 1 });
    expect(await list({})).toHaveLength(3);
    expect(await list({ MetricName: 'c' })).toEqual(['c']);
    const many = Array.from({ length: 250 }, (_, i) => ({ MetricName: 'c', Value: i }));
    while (many.length > 0) await put(...many.splice(0, 50));
    const metric = { Metric: { Namespace: 'Drill', MetricName: 'c', Dimensions } };
    const kept = await query('SampleCount', metric);
    expect(kept.MetricDataResults?.[0]?.Values).toEqual([100]);
  });

  it.each<[Partial<sdk.MetricDatum>, string, string]>([
    [{ Value: 1, Values: [1] }, 'InvalidParameterCombinationException', 'exactly one of Value'],
    [{}, 'InvalidParameterCombinationException', 'exactly one of Value'],
    [{ Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException', 'Counts as many'],
    [
      { Value: 1, Timestamp: new Date(0) },
      'InvalidParameterValueException',
      'no older than 14 days',
    ],
    [{ Value: 1, MetricName: '' }, 'MissingRequiredParameterException', 'MetricName is required'],
    [
      { Value: 1, Dimensions: [...Dimensions, ...Dimensions] },
      'InvalidParameterValueException',
      'twice',
    ],
  ])('refuse %j', async (datum, name, message) => {
    await expect(put({ Value: 5 }, datum)).rejects.toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
    // Nothing of a refused call is kept.
    expect((await query('Sum')).MetricDataResults?.[0]?.Values).toEqual([]);
  });

  it('refuse what they cannot compute', async () => {
    await expect(query('tm90')).rejects.toThrow("The statistic 'tm90'");
    await expect(query('Sum', { Period: 45 })).rejects.toThrow('not 45');
    const expression = client.send(
      new sdk.GetMetricDataCommand({
        StartTime: at(0),
        EndTime: at(60),
        MetricDataQueries: [{ Id: 'q', Expression: 'm1*2' }],
      }),
    );
    await expect(expression).rejects.toThrow('expressions are not supported');
  });
});
