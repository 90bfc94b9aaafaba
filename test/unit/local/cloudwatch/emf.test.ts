// Goal: what CloudWatch Logs would make of a log line is made of it here, and nothing else.
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { describe, expect, it } from 'vitest';
import { emfToMetrics } from '../../../../local/cloudwatch/emf.ts';

const line = (aws: unknown, root: Record<string, unknown> = {}) =>
  JSON.stringify({ _aws: aws, ...root });
const directive = (metrics: unknown, dimensions: unknown = [['service']], more = {}) => ({
  Timestamp: 1_000,
  CloudWatchMetrics: [{ Namespace: 'Drill', Dimensions: dimensions, Metrics: metrics, ...more }],
});

describe('a line of the embedded metric format', () => {
  it('gives a metric for each dimension set', () => {
    const aws = directive(
      [{ Name: 'latency', Unit: 'Milliseconds' }, { Name: 'probes' }],
      [['service'], ['service', 'region'], []],
    );
    const found = emfToMetrics(
      line(aws, { service: 'shop', region: 'eu-west-1', latency: [1.5, 2], probes: 3, other: 9 }),
    );
    expect(found).toHaveLength(6);
    expect(found[0]).toEqual({
      namespace: 'Drill',
      name: 'latency',
      unit: 'Milliseconds',
      timeMs: 1_000,
      dimensions: { service: 'shop' },
      values: [1.5, 2],
    });
    expect(found[4]).toMatchObject({
      name: 'probes',
      unit: 'None',
      dimensions: { service: 'shop', region: 'eu-west-1' },
      values: [3],
    });
    expect(found[5]?.dimensions).toEqual({});
  });

  it('reads what powertools writes', () => {
    const metrics = new Metrics({ namespace: 'Drill', serviceName: 'probe' });
    metrics.addMetric('ProbesSent', MetricUnit.Count, 7);
    expect(emfToMetrics(JSON.stringify(metrics.serializeMetrics()))).toMatchObject([
      {
        namespace: 'Drill',
        name: 'ProbesSent',
        unit: 'Count',
        dimensions: { service: 'probe' },
        values: [7],
      },
    ]);
  });

  it.each<[string, string]>([
    ['plain text', 'REPORT RequestId: 1'],
    ['other JSON', '{"level":"INFO"}'],
    ['broken JSON', '{"_aws":{"CloudWatchMetrics":['],
    ['no time', line({ CloudWatchMetrics: [] })],
    ['a missing value', line(directive([{ Name: 'x' }]), { service: 'a' })],
    ['a value of text', line(directive([{ Name: 'x' }]), { service: 'a', x: '1' })],
    ['a missing dimension', line(directive([{ Name: 'x' }]), { x: 1 })],
    ['too many values', line(directive([{ Name: 'x' }]), { service: 'a', x: Array(101).fill(1) })],
    ['no namespace', line(directive([{ Name: 'x' }], [[]], { Namespace: 5 }), { x: 1 })],
    ['a trap', line(directive([{ Name: 'toString' }], [[]]))],
  ])('gives nothing for %s', (_name, text) => {
    expect(emfToMetrics(text)).toEqual([]);
  });
});
