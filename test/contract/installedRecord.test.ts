// Goal: installing a watch makes its record once; what a flip, a hand or a former configuration left
// there is treated as what it is, and a drill leaves it alone.
// Method: the set-up of the embedded cloud over sockets against the embedded Route 53.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchPlan } from '../../events/watchPlan.ts';
import { realClock } from '../../local/clock.ts';
import { ensureSimpleRecord } from '../../local/stack/watchRecord.ts';
import { ensureZone, isWatched } from '../../local/stack/zones.ts';
import { HOME, STANDBY } from '../support/failovers.ts';
import { plain, startRoute53 } from '../support/route53.ts';
import { watchPlanWith } from '../support/watchPlans.ts';

const RECORD = 'www.ex.test';
const PLACEHOLDER = '127.20.1.0';
const HOME_ADDRESS = '127.0.1.1';
const AWAY = '127.0.2.1';
const signal = new AbortController().signal;

let zone: Awaited<ReturnType<typeof startRoute53>>;

beforeEach(async () => {
  zone = await startRoute53({ clock: realClock });
});
afterEach(() => zone.close());

const planOf = (urls?: [string, string]): WatchPlan => ({
  ...watchPlanWith({ observers: [], ...(urls ? { urls } : {}) }),
  ...{ record: RECORD, zone: 'ex.test', zoneId: zone.zoneId },
});
type Over = Partial<Parameters<typeof ensureSimpleRecord>[0]>;
const ensure = (over: Over = {}) =>
  ensureSimpleRecord(
    {
      ...{ plan: planOf(), former: null, active: HOME, epoch: 0, placeholder: PLACEHOLDER },
      ...over,
    },
    {
      endpoint: zone.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local' },
    },
    signal,
  );
const answers = () => zone.answers(RECORD);
const epoch = () => String(zone.answers(`_failover.${RECORD}`, 'TXT')[0]);

describe('the record of a watch', () => {
  it('is made with the answers of the primary and an epoch, and is then left as it is', async () => {
    expect(await ensure()).toBeNull();
    expect(answers()).toEqual([HOME_ADDRESS]);
    expect(epoch()).toBe('epoch=0');
    expect(await ensure()).toBeNull();
    expect(await isWatched(zone.client, zone.zoneId, RECORD)).toBe(true);
  });

  it('takes the place of what a drill has put there', async () => {
    await zone.change(['CREATE', plain(RECORD, 'A', PLACEHOLDER)]);
    expect(await isWatched(zone.client, zone.zoneId, RECORD)).toBe(false);
    expect(await ensure()).toBeNull();
    expect(answers()).toEqual([HOME_ADDRESS]);
  });

  it('keeps the answer of a service that has failed over', async () => {
    await ensure({ active: STANDBY, epoch: 3 });
    expect(answers()).toEqual([AWAY]);
    expect(await ensure({ active: STANDBY, epoch: 3, former: planOf() })).toBeNull();
    expect(answers()).toEqual([AWAY]);
    expect(epoch()).toBe('epoch=3');
  });

  it('follows a configuration that has changed, on the side that is active', async () => {
    const former = planOf();
    await ensure();
    const plan = planOf(['http://127.0.1.7:8080/health', 'http://127.0.2.7:8080/health']);
    expect(await ensure({ plan, former })).toBeNull();
    expect(answers()).toEqual(['127.0.1.7']);
    expect(epoch()).toBe('epoch=0');
  });

  it('that a hand has edited is not written over, and a person is told', async () => {
    await ensure();
    await zone.change(['UPSERT', plain(RECORD, 'A', '127.0.0.9')]);
    const warning = await ensure({ former: planOf() });
    expect(warning).toBe(
      `${RECORD} answers 127.0.0.9, which is not of ${HOME}: the next flip sets it right, or delete it and _failover.${RECORD}`,
    );
    expect(answers()).toEqual(['127.0.0.9']);
  });

  it('that stood there before any watch is not written over', async () => {
    await zone.change(['CREATE', plain(RECORD, 'A', '127.0.0.9')]);
    expect(await ensure()).toContain('answers 127.0.0.9, which is not of eu-west-1');
    expect(answers()).toEqual(['127.0.0.9']);
  });

  it('of another kind is not touched, and the watch says why it cannot start', async () => {
    const secondary = { SetIdentifier: 's', Failover: 'SECONDARY' as const };
    await zone.change(['CREATE', { ...plain(RECORD, 'A', '127.0.0.9'), ...secondary }]);
    await expect(ensure()).rejects.toThrow(
      /www\.ex\.test cannot be set up with dns\.driver record: .* Sets of another driver or of another hand are there/,
    );
    expect(await isWatched(zone.client, zone.zoneId, RECORD)).toBe(true);
  });
});

describe('a zone', () => {
  it('is made once', async () => {
    const made = await ensureZone(zone.client, 'new.test');
    expect(await ensureZone(zone.client, 'new.test')).toBe(made);
    expect(made).toMatch(/^\/hostedzone\/Z/);
  });
});
