// A service that is served, watched and can be promoted, on an embedded cloud in this process.

import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openPromotionRecords } from '../../aws/promotionRecords.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { bundleFolder } from '../../cli/dataFolder.ts';
import { PromoteOutput, type PromotionRecord } from '../../events/promotion.ts';
import type { TargetFacts } from '../../events/watchPlanOf.ts';
import type { Cloud } from '../../local/cloud.ts';
import type { BuilderDetection } from '../../local/containers/detect.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { installPromotion } from '../../local/stack/installPromotion.ts';
import { installWatch, type WatchInstallation } from '../../local/stack/installWatch.ts';
import { eventually } from '../contract/endpoint.ts';
import { type NamedRegion, raiseNamed } from './namedServices.ts';
import { openServed, PLAIN, PRIMARY, STANDBY } from './servedCloud.ts';

/** Fast enough for a test: one share between none and all, and seconds instead of minutes. */
const QUICK = {
  promotion: { steps: ['50%'], hold: '1s', soak: '2s' },
  health: { interval: '1s', timeout: '3s', down: '6s', up: '3s' },
  failover: { mode: 'auto', cooldown: '0s', perDay: 'unlimited' },
};

const OBSERVE_EVERY_MS = 4_000;

const targetOf = (one: TargetFacts | NamedRegion): TargetFacts =>
  'address' in one ? { url: one.url, answers: { A: [one.address] } } : one;

/** As plain processes, unless a builder is found for it. */
export const openPromoted = (
  more: object = {},
  builderIn?: (dataDir: string) => Promise<BuilderDetection>,
  /** People are answered by services that the configuration names, and these are promoted. */
  isNamed = false,
) => {
  const served = openServed({ ...QUICK, ...more });
  const bundleDir = bundleFolder(process.env);
  let cloud: Cloud;
  let watch: WatchInstallation;
  let observing: NodeJS.Timeout | undefined;
  let urls: Readonly<Record<string, string>> = {};
  const sdk = () => ({ endpoint: cloud.endpoint, region: STANDBY, credentials: CREDENTIALS });

  const call = async (
    name: string,
    input: object,
    type: 'wait' | 'send' = 'wait',
    region = STANDBY,
  ) => {
    const calls = openFunctionCalls({ ...sdk(), region });
    try {
      const full = `failover-drill-tiny-${name}`;
      if (type === 'send') return await calls.send(full, input);
      return await calls.call(full, input, PromoteOutput);
    } finally {
      calls.close();
    }
  };
  const withRecords = async <T>(
    work: (records: ReturnType<typeof openPromotionRecords>) => Promise<T>,
  ): Promise<T> => {
    const records = openPromotionRecords(watch.table, sdk());
    try {
      return await work(records);
    } finally {
      records.close();
    }
  };

  /** Starts the cloud on the same folder, or goes on with it. */
  const start = async (version: string): Promise<void> => {
    cloud = await served.start(builderIn ? await builderIn(served.dataDir) : PLAIN);
    const installed = await served.install(cloud, version);
    const theirs = isNamed ? await raiseNamed(cloud, served.config) : null;
    const { primary, standby } = theirs?.targets ?? installed.targets;
    urls = { [PRIMARY]: primary.url ?? '', [STANDBY]: standby.url ?? '' };
    const base = { cloud, config: served.config, bundleDir, nowMs: Date.now() };
    const targets = {
      primary: { ...installed.targets.primary, ...targetOf(primary) },
      standby: { ...installed.targets.standby, ...targetOf(standby) },
    };
    watch = await installWatch({ ...base, webhook: undefined, targets });
    await (theirs?.promote(bundleDir, base.nowMs) ?? installPromotion({ ...base, installed }));
    // What a test has no time for: two looks at the same second of the same machine.
    await withRecords(async (records) => {
      const plan = await records.plan('tiny');
      if (plan === null) throw new Error('there is a plan');
      const sampling = { samples: 10, warmup: 2, ratePerS: 100, perStep: 3 };
      await records.putPlan({ ...plan, sampling, gate: { ...plan.gate, slowerMs: 50 } });
    });
    await cloud.stepFunctions.resume();
    cloud.lambda.releaseEvents();
    const observe = async (takeOver: boolean) => {
      await call('observe', { service: 'tiny', takeOver }, 'send');
      for (const { region } of installed.beats) await call('beat', {}, 'send', region);
    };
    await observe(true);
    // As the schedule would; a cloud that is closing meanwhile does not matter.
    observing = setInterval(() => observe(false).catch(() => undefined), OBSERVE_EVERY_MS);
  };

  const stop = async (): Promise<void> => {
    clearInterval(observing);
    await cloud.close();
  };

  const record = async (): Promise<PromotionRecord | undefined> =>
    (await withRecords((records) => records.list('tiny', 1)))[0];

  return {
    served,
    start,
    record,
    /** The next promotion finds no staging. */
    withoutStaging: () =>
      withRecords(async (records) => {
        const plan = await records.plan('tiny');
        if (plan === null) throw new Error('there is a plan');
        await records.putPlan({
          ...plan,
          places: plan.places.filter(({ role }) => role !== 'staging'),
        });
      }),
    /** As if the services took their images from a repository of somebody else's. */
    withoutVariants: () =>
      withRecords(async (records) => {
        const plan = await records.plan('tiny');
        if (plan === null) throw new Error('there is a plan');
        await records.putPlan({ ...plan, variants: false });
      }),
    watchTable: () => watch.table,
    /** Of the service itself in a region. */
    url: (region: string): string => (urls[region] ?? '').replace(/healthz$/, ''),
    /** Closes the cloud, as a kill would end it, and goes on with its folder. */
    restart: async (version: string): Promise<void> => {
      await stop();
      await start(version);
    },
    cloud: () => cloud,
    sdk,
    order: (digest: string, mode = 'canary', promotionId = 'p-1') =>
      call('promote', {
        ...{ kind: 'order', service: 'tiny', promotionId, mode, digest },
        ...{ variant: null, evidence: null, dryRun: false },
      }) as Promise<PromoteOutput>,
    fromDrill: (drillId: string, reportKey: string, mode: 'canary' | 'bluegreen') =>
      call('promote', {
        ...{ kind: 'drill', service: 'tiny', drillId, reportKey, mode },
      }) as Promise<PromoteOutput>,
    untilSteady: () =>
      eventually('both regions are UP', async () => {
        const table = openWatchTable(watch.table, sdk());
        try {
          const stored = await table.state('tiny');
          return stored?.verdicts.every(({ state }) => state === 'UP') ?? false;
        } finally {
          table.close();
        }
      }),
    untilOver: async (): Promise<PromotionRecord> => {
      await eventually(
        'the promotion is over',
        async () => (await record())?.outcome !== 'RUNNING',
        180_000,
      );
      const found = await record();
      if (found === undefined) throw new Error('there is a record');
      return found;
    },
    close: async () => {
      await stop();
      served.remove();
    },
  };
};
