// Goal: a rule of the product that is broken is found by a run of the whole watch, and told in short.
// Method: one function at a time writes, or does, what it must not; everything else is as it is.
import { DeleteObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openServices } from '../../../aws/services.ts';
import { handler as acquireLease } from '../../../functions/acquire-lease/handler.ts';
import { handler as evaluate } from '../../../functions/evaluate/handler.ts';
import { handler as flip } from '../../../functions/flip/handler.ts';
import { handler as stepRehearsal } from '../../../functions/step-rehearsal/handler.ts';
import { HOSTS, regionAddress } from '../../../local/network/addresses.ts';
import { ACCOUNT_ID } from '../../../local/wire/types.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { PLACES } from '../../../sim/faults/generate.ts';
import type { OtherParts } from '../../../sim/system/install.ts';
import type { InvariantId } from '../../../sim/system/invariants.ts';
import { systemLevelWith } from '../../../sim/system/level.ts';
import { simulateSystem } from '../../../sim/system/run.ts';
import type { Driver } from '../../../sim/system/world.ts';
import { doing, writing } from '../../support/brokenParts.ts';
import { HOME_LOST, MINUTE_MS } from './outage.ts';

const AT_STANDBY = regionAddress(PLACES.standby, HOSTS.loadBalancer);
/** What is stored after a move that was proved. */
const isProved = (body: string): boolean => body.includes('\\"phase\\":\\"STABILIZE\\"');

let renewed = 0;
const CASES: [InvariantId, Driver, OtherParts, Fault[]?][] = [
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
        const Bucket = `failover-shop-switch-${ACCOUNT_ID}-${region}`;
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
    [
      {
        ...{ id: 'f1', kind: 'drill', depth: 'canary' },
        ...{ fromMs: MINUTE_MS, untilMs: 2 * MINUTE_MS },
      },
    ],
  ],
];

describe('a broken rule is found', () => {
  it.each(CASES)('%s, with the switch `%s`', async (invariant, driver, parts, faults) => {
    const trace = { ...HOME_LOST, untilMs: 4.5 * MINUTE_MS, ...(faults ? { faults } : {}) };
    const { violation } = await simulateSystem({ trace, driver, parts });
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
