// Goal: every difference that a failover would meet is told, with what to do; what has to differ is not.
import { describe, expect, it } from 'vitest';
import { covers, driftsOf, environmentDrift, type Facts } from '../../../core/regions/drift.ts';

const NOW_MS = Date.parse('2026-11-20T02:00:00Z');
const DAY_MS = 86_400_000;

const service = {
  ...{ name: 'shop', desired: 2, running: 2, cpu: '256', memoryMb: '512' },
  digests: [`sha256:${'a'.repeat(64)}`],
  ulimits: ['nofile=1024:4096'],
};
const certificate = {
  ...{ host: 'eu.example.com', distrust: null, expiresAtMs: NOW_MS + 60 * DAY_MS },
  names: ['eu.example.com', 'shop.example.com'],
};
type Overrides = {
  readonly service?: Partial<typeof service> | null;
  readonly certificate?: Partial<Omit<typeof certificate, 'distrust'>> & {
    distrust?: string | null;
  };
};

const facts = (standby: Overrides = {}, more: Partial<Facts> = {}): Facts => ({
  checkedAtMs: NOW_MS,
  primary: { region: 'eu-west-1', service, certificate },
  standby: {
    region: 'eu-central-1',
    service: standby.service === null ? null : { ...service, ...standby.service },
    certificate: { ...certificate, host: 'de.example.com', ...standby.certificate },
  },
  environment: { missing: [], extra: [], different: [] },
  notMeasured: [],
  ...more,
});
const told = (given: Facts) =>
  driftsOf(given, 'shop.example.com').map(({ of, what }) => [of, what]);

describe('a standby', () => {
  it('that is what the primary is has no drift', () => {
    expect(told(facts())).toEqual([]);
  });

  it.each([
    [
      'another image',
      { service: { digests: [`sha256:${'b'.repeat(64)}`] } },
      [['image', 'runs bbbbbbbbbbbb, the primary aaaaaaaaaaaa: deploy the same image to both']],
    ],
    [
      'fewer tasks',
      { service: { desired: 1, running: 1 } },
      [['capacity', '1 task, the primary has 2: a failover has to start 1 first']],
    ],
    [
      'tasks that do not run',
      { service: { running: 1 } },
      [['capacity', '1 of 2 tasks run: look at the events of service shop']],
    ],
    [
      'no service',
      { service: null },
      [['capacity', 'no service shop runs here: a failover would have nothing to switch to']],
    ],
    [
      'less memory and other limits',
      { service: { memoryMb: '256', ulimits: [] } },
      [
        ['limits', 'memory 256, the primary has 512: register one task definition for both'],
        [
          'limits',
          'ulimits none, the primary has nofile=1024:4096: register one task definition for both',
        ],
      ],
    ],
    [
      'a certificate that ends',
      { certificate: { expiresAtMs: NOW_MS + 9.5 * DAY_MS } },
      [['certificate', 'that of de.example.com expires in 9 days: renew it']],
    ],
    [
      'a certificate that ended',
      { certificate: { expiresAtMs: NOW_MS - 2 * DAY_MS } },
      [['certificate', 'that of de.example.com expired 2 days ago: renew it']],
    ],
    [
      'a certificate for another name',
      { certificate: { names: ['de.example.com'] } },
      [
        [
          'certificate',
          'that of de.example.com is not for shop.example.com: clients would refuse it after a failover',
        ],
      ],
    ],
    [
      'a certificate that nobody trusts',
      { certificate: { distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' } },
      [['certificate', 'that of de.example.com is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT']],
    ],
  ] as [string, Overrides, string[][]][])('with %s', (_, standby, expected) => {
    expect(told(facts(standby))).toEqual(expected);
  });

  it('with another environment names the variables, never their values', () => {
    const environment = { missing: ['API_KEY'], extra: ['DEBUG'], different: ['LOG_LEVEL'] };
    expect(told(facts({}, { environment }))).toEqual([
      ['environment', 'lacks API_KEY'],
      ['environment', 'has, and the primary does not, DEBUG'],
      ['environment', 'has other values of LOG_LEVEL'],
    ]);
  });

  it('that could not be looked at is not said to be absent', () => {
    const notMeasured = [{ what: 'running service in eu-central-1', why: 'AccessDenied' }];
    expect(told(facts({ service: null }, { notMeasured }))).toEqual([]);
  });
});

describe('environments', () => {
  const side = (region: string, values: Record<string, string>) => ({ region, values });

  it('may differ by their own region', () => {
    const drift = environmentDrift(
      side('eu-west-1', { BUCKET: 'data-eu-west-1', A: '1', KEY: 'old', ONLY: 'x' }),
      side('eu-central-1', { BUCKET: 'data-eu-central-1', A: '1', KEY: 'new', MORE: 'y' }),
    );
    expect(drift).toEqual({ missing: ['ONLY'], extra: ['MORE'], different: ['KEY'] });
  });

  it('may not point to the region of the other', () => {
    const { different } = environmentDrift(
      side('eu-west-1', { QUEUE: 'https://sqs.eu-west-1.amazonaws.com/1/q' }),
      side('eu-central-1', { QUEUE: 'https://sqs.eu-west-1.amazonaws.com/1/q' }),
    );
    expect(different).toEqual(['QUEUE']);
  });
});

describe('names of certificates', () => {
  it.each([
    ['shop.example.com', 'SHOP.example.com', true],
    ['*.example.com', 'shop.example.com', true],
    ['*.example.com', 'a.shop.example.com', false],
    ['*.example.com', 'example.com', false],
    ['example.com', 'shop.example.com', false],
  ])('%s for %s: %s', (name, host, expected) => {
    expect(covers(name, host)).toBe(expected);
  });
});
