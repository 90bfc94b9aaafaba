// Goal: a drill promotes what is surely better and nothing else, and only while nothing is in the way.
// Method: reports of a made-up drill; each obstacle alone.
import { describe, expect, it } from 'vitest';
import { candidateOf, choiceOf, type DrilledReport } from '../../../core/promotion/choice.ts';
import { type PromotionWish, whyNotPromote } from '../../../core/promotion/mayPromote.ts';
import { nextAfter, promotionText } from '../../../core/report/promotedDrill.ts';
import { promotionMessage } from '../../../core/report/promotionNews.ts';
import { Config } from '../../../events/config.ts';
import { promotionPlanOf } from '../../../events/promotionPlanOf.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';
import { gatedDrill } from '../../support/gatedDrill.ts';

const good = reportOfDrill(drillRecords(), FINISHED_AT);

describe('the choice of a drill', () => {
  it('is the best variant, with its image and what it rests on', () => {
    const choice = choiceOf(good);
    expect(choice).toMatchObject({
      variant: 'distroless',
      digest: expect.stringMatching(/^sha256:/),
      evidence: { drillId: good.drillId, headline: good.headline, against: [] },
    });
    if ('none' in choice) throw new Error(choice.none);
    expect(choice.evidence.effect).toMatch(/^−\d+\.\d % \[−/);
    expect(choice.evidence.rounds).toMatch(/^\d+ of \d+ rounds$/);
  });

  it('is none where nothing is surely faster, or the drill is not to be trusted', () => {
    const tied = good.rankings.map((ranking) => ({
      ...ranking,
      pairs: ranking.pairs.map((pair) => ({ ...pair, verdict: 'undecided' as const })),
    }));
    expect(choiceOf({ ...good, rankings: tied })).toEqual({
      none: 'no variant is surely faster than slim',
    });
    const [first, ...others] = good.rankings;
    if (first === undefined) throw new Error('the drill has a ranking');
    const report = { ...good, rankings: [{ ...first, aa: 'differs' as const }, ...others] };
    expect(choiceOf(report)).toEqual({
      none: 'against distroless: the A/A check differs: the drill is not trusted',
    });
    expect(choiceOf({ ...good, rankings: [] })).toEqual({
      none: 'nothing was ranked with all regions up',
    });
  });

  it('says what speaks against a variant that a person names', () => {
    const gated: DrilledReport = reportOfDrill(gatedDrill(), FINISHED_AT);
    const against = gated.variants.map(({ id }) => candidateOf(gated, id)?.evidence.against ?? []);
    expect(against.flat().length).toBeGreaterThan(0);
    expect(candidateOf(good, 'none')).toBeUndefined();
    expect(candidateOf(good, good.reference)?.evidence).toMatchObject({
      effect: null,
      against: [],
    });
    expect(candidateOf(good, 'fat')?.evidence.against.join()).toContain('not surely faster');
  });
});

describe('the start of a promotion', () => {
  const wish: PromotionWish = {
    ...{
      nowMs: 1_000_000,
      state: { phase: 'STEADY' },
      heardMs: 999_000,
      alarm: null,
      maintenance: [],
    },
    ...{ timeZone: 'UTC', other: null, notUp: [] },
  };

  it('is allowed at rest', () => {
    expect(whyNotPromote(wish)).toBeNull();
  });

  it.each([
    [{ state: null }, 'nobody watches the service'],
    [{ heardMs: 0 }, 'nobody watches the service'],
    [{ state: { phase: 'SUSPECT' } }, 'the watch is in SUSPECT'],
    [{ state: { phase: 'HOLD' } }, 'the watch is in HOLD'],
    [{ state: { phase: 'FLIP' } }, 'the watch is in FLIP'],
    [{ state: { phase: 'STABILIZE' } }, 'traffic is away from home'],
    [{ state: { phase: 'FAILBACK_READY' } }, 'traffic is away from home'],
    [
      { state: { phase: 'STEADY', charge: { held: false, epoch: 3 } } },
      'the second controller is in charge',
    ],
    [{ other: 'shop-1' }, 'shop-1 is still under way'],
    [{ alarm: 'grafana' }, 'an alarm rings: grafana'],
    [{ maintenance: ['mon-sun 00:00-23:59'] }, 'maintenance window'],
    [{ notUp: ['eu-west-1 is DEGRADED: slow'] }, 'eu-west-1 is DEGRADED'],
  ] as const)('is refused: %o', (change, why) => {
    expect(whyNotPromote({ ...wish, ...change })).toContain(why);
  });
});

describe('a plan', () => {
  it('follows from the configuration', () => {
    const config = Config.parse({
      service: 'tiny',
      regions: { primary: 'eu-west-1', standby: 'eu-central-1' },
      probes: [{ kind: 'http', path: '/products', timeout: '3s' }],
      promotion: { steps: ['5%', '50%'], hold: '1m', slower: '20%' },
      health: { slow: { p95: '800ms', for: '5m' } },
    });
    const balancer = {
      ...{ url: 'https://lb.example.net/', serverName: 'tiny.example.com', listener: 'l' },
      groups: { main: 'a', next: 'b' },
    };
    const place = {
      ...({
        role: 'primary',
        region: 'eu-west-1',
        cluster: 'c',
        service: 's',
        next: null,
      } as const),
      balancer,
    };
    const plan = promotionPlanOf(config, [place], `sha256:${'a'.repeat(64)}`);
    expect(plan).toMatchObject({
      steps: [5, 50],
      limits: { holdMs: 60_000, soakMs: 1_800_000 },
      gate: { slowerShare: 0.2, p95Ms: 800 },
      probe: { path: '/products', timeoutMs: 3_000 },
    });
  });

  it.each([
    [{ steps: ['50%', '5%'] }, 'rising'],
    [{ steps: ['0%'] }, '1% to 100%'],
    [{ steps: [5] }, 'expected string'],
    [{ slower: 'much' }, 'percentage'],
  ])('is refused for %o', (promotion, why) => {
    const config = {
      service: 'tiny',
      regions: { primary: 'eu-west-1', standby: 'eu-central-1' },
      promotion,
    };
    expect(Config.safeParse(config).error?.message).toContain(why);
  });
});

describe('what a drill may promote by itself', () => {
  it('is a service with a record, which can be watched', () => {
    const regions = { primary: 'eu-west-1', standby: 'eu-central-1' };
    const config = { service: 'tiny', regions, drill: { promote: 'canary' } };
    expect(Config.safeParse(config).error?.message).toContain('add record');
    expect(Config.safeParse({ ...config, record: 'tiny.example.test' }).success).toBe(true);
  });
});

describe('what a drill says of its promotion', () => {
  const seen = { promotionId: 'd-promote', mode: 'canary', variant: 'distroless' } as const;

  it('names the promotion, and no longer asks for one', () => {
    const started = { ...seen, status: 'started', why: 'it began' } as const;
    expect(promotionText(started)).toBe(
      'promotion of distroless started (canary): failover report d-promote',
    );
    const next = nextAfter(['Promote distroless: …', 'Look into the problems listed.'], started);
    expect(next).toEqual([
      'Follow the promotion with failover status, or take it back with failover rollback.',
      'Look into the problems listed.',
    ]);
  });

  it('says why nothing was, and still asks a person', () => {
    const skipped = { ...seen, status: 'skipped', why: 'nobody watches' } as const;
    expect(promotionText(skipped)).toBe('nothing promoted: nobody watches');
    expect(nextAfter(['Promote distroless: …'], skipped)).toEqual(['Promote distroless: …']);
  });
});

describe('a message on a promotion', () => {
  const news = {
    by: 'drill',
    ...{ service: 'shop', promotionId: 'shop-1-promote', mode: 'canary' },
    ...{ digest: `sha256:${'a'.repeat(64)}`, variant: 'distroless', why: 'no worse anywhere' },
    evidence: { drillId: 'shop-1', effect: '−8.2 % [−9.9, −6.1]', rounds: '8 of 8 rounds' },
    places: ['standby eu-central-1: runs the new version'],
  } as const;
  const textOf = (notice: Parameters<typeof promotionMessage>[0]['notice']) =>
    JSON.stringify(promotionMessage({ ...news, notice }));

  it.each([
    ['started', 'promoting distroless (sha256:aaaaaaaaaaaa)'],
    ['promoted', 'set image.reference to distroless'],
    ['rolled-back', 'was rolled back'],
    ['interrupted', 'was interrupted'],
    ['failed', 'a person is needed'],
  ] as const)('%s says what happened, who wanted it and on what', (notice, words) => {
    const text = textOf(notice);
    expect(text).toContain(words);
    expect(text).toContain('drill shop-1: −8.2 % [−9.9, −6.1] in 8 of 8 rounds');
    expect(text).toContain('By');
  });
});
