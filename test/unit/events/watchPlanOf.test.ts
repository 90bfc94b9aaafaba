// Goal: the plan of a watch says what the configuration says, and what is missing is named.
import { describe, expect, it } from 'vitest';
import { Config } from '../../../events/config.ts';
import { shadowOf, targetOf } from '../../../events/watchPlan.ts';
import { answersOf, type WatchFacts, watchPlanOf, zoneOf } from '../../../events/watchPlanOf.ts';

const written = (over: Record<string, unknown> = {}) =>
  Config.parse({
    service: 'web',
    record: 'www.example.test',
    regions: {
      primary: { name: 'eu-west-1', endpoint: 'http://127.0.1.1:8080/health' },
      standby: { name: 'eu-central-1', endpoint: 'https://standby.example.test/health' },
      witness: 'eu-north-1',
    },
    health: { interval: '1s', timeout: '1s', down: '2s', up: '5s' },
    dns: { ttl: '1s', driver: 'record' },
    ...over,
  });

const FACTS: WatchFacts = {
  zoneId: 'Z1',
  targets: { primary: {}, standby: {} },
  dns: { nameServers: ['127.0.0.1:5302'], resolvers: [] },
  switch: { driver: 'record' },
  slackParameter: null,
};

describe('the plan of a watch', () => {
  it('takes regions, targets and settings from the configuration', () => {
    const plan = watchPlanOf(written(), FACTS);
    expect(plan).toMatchObject({
      service: 'web',
      zone: 'example.test',
      homeRegion: 'eu-central-1',
      primary: 'eu-west-1',
      witness: 'eu-north-1',
      observers: [],
      fences: [],
      singleWriter: false,
      dataTable: null,
      failover: { service: 'web', driver: 'record', suspectMs: 500 },
    });
    expect(targetOf(plan, 'eu-west-1')).toEqual({
      region: 'eu-west-1',
      url: 'http://127.0.1.1:8080/health',
      serverName: null,
      answers: { A: ['127.0.1.1'] },
      capacity: null,
    });
    expect(targetOf(plan, 'eu-central-1').answers).toEqual({ CNAME: ['standby.example.test'] });
    expect(() => targetOf(plan, 'us-east-1')).toThrow('us-east-1 is no target of web');
  });

  it('lets the installer say what only it knows', () => {
    const image = { matrix: { target: ['slim'] }, reference: 'slim' };
    const probes = [{ kind: 'http' }, { kind: 'database', table: 'products' }];
    const capacity = { cluster: 'c', service: 'web', wanted: 2 };
    const plan = watchPlanOf(
      written({ image, probes, regions: { primary: 'eu-west-1', standby: 'eu-central-1' } }),
      {
        ...FACTS,
        targets: {
          primary: { url: 'http://127.16.0.9/healthz', capacity, answers: { A: ['127.16.0.9'] } },
          standby: { url: 'http://[::1]:8080/healthz', capacity },
        },
      },
    );
    expect(plan.dataTable).toBe('products');
    expect(targetOf(plan, 'eu-west-1')).toMatchObject({ capacity, answers: { A: ['127.16.0.9'] } });
    expect(targetOf(plan, 'eu-central-1').answers).toEqual({ AAAA: ['::1'] });
  });

  it('reads fences and the single writer', () => {
    const failover = {
      fence: [{ http: 'https://ops.example.test/stop' }, { lambda: 'web-fence-writers' }],
      singleWriter: true,
    };
    const plan = watchPlanOf(written({ failover }), FACTS);
    expect(plan.singleWriter).toBe(true);
    expect(plan.fences).toEqual([
      { kind: 'http', target: 'https://ops.example.test/stop' },
      { kind: 'lambda', target: 'web-fence-writers' },
    ]);
  });

  it('of a shadow has a name and a record of its own', () => {
    const shadow = { service: shadowOf('web'), record: 'drill.example.test' };
    const plan = watchPlanOf(written(), { ...FACTS, shadow });
    expect(plan).toMatchObject({ service: 'web--shadow', record: 'drill.example.test' });
    expect(plan.failover.service).toBe('web--shadow');
  });

  it('names what is missing', () => {
    expect(() => watchPlanOf(written({ record: undefined }), FACTS)).toThrow(
      'nothing to fail over: the configuration has no record',
    );
    const regions = { primary: 'eu-west-1', standby: 'eu-central-1' };
    expect(() => watchPlanOf(written({ regions }), FACTS)).toThrow(
      'nothing tells where eu-west-1 is reached',
    );
  });
});

describe('what a record answers', () => {
  it.each([
    ['http://192.0.2.7:80/', { A: ['192.0.2.7'] }],
    ['http://[2001:db8::7]/', { AAAA: ['2001:db8::7'] }],
    ['https://eu.example.test/', { CNAME: ['eu.example.test'] }],
  ])('for %s', (url, answers) => {
    expect(answersOf(url)).toEqual(answers);
  });

  it('lies in the zone that is named, or above its first label', () => {
    expect(zoneOf(written(), 'www.example.test')).toBe('example.test');
    expect(zoneOf(written({ dns: { zone: 'test.zone' } }), 'a.b.test.zone')).toBe('test.zone');
  });
});
