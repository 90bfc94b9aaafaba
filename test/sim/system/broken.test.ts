// Goal: a rule of the product that is broken is found by a run of the whole watch, and told in short.
// Method: one function at a time writes, or does, what it must not; everything else is as it is.
import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openServices } from '../../../aws/services.ts';
import { handler as acquireLease } from '../../../functions/acquire-lease/handler.ts';
import { handler as evaluate } from '../../../functions/evaluate/handler.ts';
import { handler as finish } from '../../../functions/finish/handler.ts';
import { handler as flip } from '../../../functions/flip/handler.ts';
import { handler as stepRehearsal } from '../../../functions/step-rehearsal/handler.ts';
import { handler as verify } from '../../../functions/verify/handler.ts';
import { HOSTS, regionAddress } from '../../../local/network/addresses.ts';
import { ACCOUNT_ID } from '../../../local/wire/types.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { PLACES } from '../../../sim/faults/generate.ts';
import type { OtherParts } from '../../../sim/system/install.ts';
import type { InvariantId } from '../../../sim/system/invariants.ts';
import { systemLevelWith } from '../../../sim/system/level.ts';
import { simulateSystem } from '../../../sim/system/run.ts';
import type { Driver, Over } from '../../../sim/system/world.ts';
import { doing, reading, writing } from '../../support/brokenParts.ts';
import { HOME_LOST, MINUTE_MS } from './outage.ts';

const AT_STANDBY = regionAddress(PLACES.standby, HOSTS.loadBalancer);
/** What is stored after a move that was proved. */
const isProved = (body: string): boolean => body.includes('\\"phase\\":\\"STABILIZE\\"');

const S3_OF_SWITCH = `failover-shop-switch-${ACCOUNT_ID}-`;

const lost = (id: string, region: string, fromMs: number, untilMs: number): Fault => ({
  ...{ id, kind: 'network', what: { kind: 'refuse' }, scope: { region }, plane: 'service' },
  ...{ rhythm: { kind: 'steady' }, returnsAfterFlipMs: null, fromMs, untilMs },
});

/** A member of a value as it is stored: JSON within JSON. */
const member = (name: string): RegExp =>
  new RegExp(`(\\\\"${name}\\\\":)(\\\\"\\w+\\\\"|\\d+)`, 'g');
const set = (body: string, name: string, value: string): string =>
  body.replace(member(name), `$1${value}`);
/** No time of rest between two moves. */
const restless = (body: string): string =>
  ['cooldownMs', 'soakMs', 'homeUpMs'].reduce((text, name) => set(text, name, '1000'), body);

type Around = { readonly faults?: Fault[]; readonly untilMs?: number; readonly over?: Over };

/** A step that is over, as one that is under way. */
const underWay = (body: string): string =>
  body.replace(/(\\"phase\\":\\")(STABILIZE|STEADY|HOLD)/, (text, before, phase) =>
    body.includes('\\"flips\\":[]') ? text : `${before}${phase === 'STEADY' ? phase : 'VERIFY'}`,
  );

let renewed = 0;
const CASES: [InvariantId, Driver, OtherParts, Around?][] = [
  // The record answers with an address of nobody.
  ['I1', 'record', { flip: writing(flip, (body) => body.replaceAll(AT_STANDBY, '127.9.9.9')) }],
  // One epoch, and another holder with each write.
  [
    'I2',
    'record',
    {
      'acquire-lease': writing(acquireLease, (body) =>
        body.replace(/\\"holder\\":\\"shop-/, () => `\\"holder\\":\\"${++renewed}-shop-`),
      ),
    },
  ],
  // What a decision rests on is kept where nobody finds it, or is not what was decided.
  ['I3', 'record', { evaluate: writing(evaluate, (body) => body.replace('DECISION#', 'LOST#')) }],
  [
    'I7',
    'record',
    {
      evaluate: writing(evaluate, (body) =>
        body.replace(/\\"decision\\":.*?\\"reason\\":\\"/, '$&not '),
      ),
    },
  ],
  // The epoch goes back; a flip that was proved is forgotten.
  [
    'I8',
    'record',
    {
      evaluate: writing(evaluate, (body) =>
        isProved(body) ? body.replace('\\"epoch\\":1', '\\"epoch\\":0') : body,
      ),
    },
  ],
  [
    'kept',
    'record',
    {
      evaluate: writing(evaluate, (body) =>
        isProved(body) ? body.replace(/\\"flips\\":\[.*?\]/, '\\"flips\\":[]') : body,
      ),
    },
  ],
  // A switch object is cleared away; the move asks the region that is lost.
  [
    'I9',
    'quorum',
    {
      flip: doing(flip, async ({ sdk }, output, abortSignal) => {
        const region = PLACES.witness;
        const s3 = new S3Client({ ...sdk, region, forcePathStyle: true });
        const Bucket = `${S3_OF_SWITCH}${region}`;
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
        for (const { Key } of Contents) {
          await s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal });
        }
        return output;
      }),
    },
  ],
  [
    'I11',
    'quorum',
    {
      flip: doing(flip, async ({ sdk }, output, signal) => {
        const place = { cluster: 'shop', service: 'shop' };
        await openServices(PLACES.home, sdk)
          .state(place, signal)
          .catch(() => undefined);
        return output;
      }),
    },
  ],
  // A rehearsal is over before the share of a canary was taken back.
  [
    'I10',
    'record',
    {
      'step-rehearsal': doing(stepRehearsal, async (_, output) => {
        const { memory } = Object(output);
        if (memory.stage !== 'hold') return output;
        return { memory: { ...memory, stage: 'over' }, over: true };
      }),
    },
    {
      faults: [
        {
          ...{ id: 'f1', kind: 'drill', depth: 'canary' },
          ...{ fromMs: MINUTE_MS, untilMs: 2 * MINUTE_MS },
        },
      ],
    },
  ],
  // How many moves a day allows is not minded; nor that only a person may send traffic home.
  [
    'I4',
    'record',
    { evaluate: reading(evaluate, (body) => set(restless(body), 'perDay', 'null')) },
    {
      over: { failover: { perDay: 1 }, health: { up: '20s' } },
      faults: [
        lost('f1', PLACES.home, MINUTE_MS, 2 * MINUTE_MS),
        lost('f2', PLACES.standby, 4 * MINUTE_MS, 7 * MINUTE_MS),
      ],
      untilMs: 7 * MINUTE_MS,
    },
  ],
  [
    'I5',
    'record',
    {
      evaluate: reading(evaluate, (body) => set(restless(body), 'failback', '\\"auto\\"')),
    },
    {
      over: { health: { up: '20s' } },
      faults: [lost('f1', PLACES.home, MINUTE_MS, 2 * MINUTE_MS)],
      untilMs: 12 * MINUTE_MS,
    },
  ],
  // A switch object is written again for the same epoch, the other way.
  [
    'I6',
    'quorum',
    {
      flip: doing(flip, async ({ sdk }, output, abortSignal) => {
        const region = PLACES.witness;
        const s3 = new S3Client({ ...sdk, region, forcePathStyle: true });
        const Bucket = `${S3_OF_SWITCH}${region}`;
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
        for (const { Key } of Contents) {
          const { Body: found } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          const text = (await found?.transformToString()) ?? '';
          const Body = text.replace('"state":"standby"', '"state":"primary"');
          await s3.send(new PutObjectCommand({ Bucket, Key, Body }), { abortSignal });
        }
        return output;
      }),
    },
  ],
  // Once all is proved, the record is sent home again, under an epoch that nobody has.
  [
    'served',
    'record',
    {
      finish: doing(finish, async ({ sdk }, output, abortSignal) => {
        const route53 = new Route53Client(sdk);
        const { HostedZones: [zone] = [] } = await route53.send(new ListHostedZonesCommand({}));
        const HostedZoneId = zone?.Id;
        const { ResourceRecordSets = [] } = await route53.send(
          new ListResourceRecordSetsCommand({ HostedZoneId }),
        );
        const [from, to] = [AT_STANDBY, regionAddress(PLACES.home, HOSTS.loadBalancer)];
        const Changes = ResourceRecordSets.filter(({ Type }) => Type === 'A' || Type === 'TXT').map(
          ({ ResourceRecords = [], ...set }) => {
            const records = ResourceRecords.map(({ Value = '' }) => ({
              Value: set.Type === 'A' ? Value.replace(from, to) : Value.replace('1', '2'),
            }));
            return {
              Action: 'UPSERT' as const,
              ResourceRecordSet: { ...set, ResourceRecords: records },
            };
          },
        );
        await route53.send(
          new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
          { abortSignal },
        );
        return output;
      }),
    },
    { untilMs: 7 * MINUTE_MS },
  ],
  // A move is over and nobody says so; who looks after it takes it to be under way.
  [
    'settles',
    'record',
    {
      verify: writing(verify, underWay),
      finish: writing(finish, underWay),
      evaluate: reading(evaluate, (body) =>
        body.replace('"status":"SUCCEEDED"', '"status":"RUNNING"'),
      ),
    },
    { faults: [lost('f1', PLACES.home, MINUTE_MS, 2 * MINUTE_MS)], untilMs: 20 * MINUTE_MS },
  ],
];

describe('a broken rule is found', () => {
  it.each(CASES)('%s, with the switch `%s`', async (invariant, driver, parts, around = {}) => {
    const { over = {}, ...differs } = around;
    const trace = { ...HOME_LOST, untilMs: 4.5 * MINUTE_MS, ...differs };
    const { violation } = await simulateSystem({ trace, driver, parts, over });
    expect(violation?.invariant, violation?.what).toBe(invariant);
  });

  it('in a seed, with the shortest trace that still breaks it', async () => {
    const parts = { evaluate: writing(evaluate, (body) => body.replace('DECISION#', 'LOST#')) };
    const level = systemLevelWith({ parts, shrinkRunsMax: 3 });
    const subject = { seed: '1', profile: 'clock', days: null, untilMs: null } as const;
    const outcome = await level.run(subject);
    expect(outcome.broken).toMatchObject({ invariant: 'I3' });
    const { broken, faults, log, runs } = await level.shorten(outcome);
    expect(broken.invariant).toBe('I3');
    expect(runs).toBe(3);
    expect(faults.length).toBeLessThan(outcome.faults.length);
    // The log ends with what broke.
    expect(log.at(-1)).toMatchObject({ what: 'violation' });
  });
});
