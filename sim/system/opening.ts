/** What the functions of a simulation are opened with: its clock, its wire, its service and its DNS. */
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Random } from '../../core/random.ts';
import type { Opening } from '../../functions/_entry.ts';
import type { Clock } from '../../local/clock.ts';
import { regionOfAddress } from '../../local/network/addresses.ts';
import { failure } from '../../probes/probe.ts';
import type { EventLog } from './eventLog.ts';
import type { createNames } from './names.ts';
import type { Sandbox } from './sandboxes.ts';
import type { Service } from './service.ts';
import type { Troubles } from './troubles.ts';

type Needs = {
  readonly clock: Clock;
  readonly log: EventLog;
  readonly random: Random;
  readonly names: ReturnType<typeof createNames>;
  readonly service: () => Service;
  /** Region of the task that answers at an address. */
  readonly taskAt: (address: string) => string | undefined;
  readonly troubles: () => Troubles | null;
  readonly probed: () => void;
};

/** An address of a region at which no task is, or none any more. */
const NOBODY_THERE = failure('refused', 5, 'connect ECONNREFUSED');

/** A sleep of a sandbox: one that was killed never wakes up. */
const sleepOf =
  (clock: Clock, sandbox: Sandbox): Opening['clock']['sleep'] =>
  (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const stop = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.after(ms, () => {
        signal.removeEventListener('abort', stop);
        if (!sandbox.isDead()) resolve();
      });
      signal.addEventListener('abort', stop, { once: true });
    });

export const openingOf =
  ({ clock, log, random, names, service, taskAt, troubles, probed }: Needs) =>
  (sandbox: Sandbox, sdk: SdkSettings): Opening => {
    const { region } = sandbox;
    const probe: Opening['probe'] = async (target, options) => {
      const { host } = target;
      const to = service().regionAt(host) ?? taskAt(host);
      const isCanary = regionOfAddress(host) === undefined;
      const distorted =
        sandbox.part === 'observe'
          ? troubles()?.distorted(region, isCanary, options.timeoutMs)
          : undefined;
      const instead = distorted ?? (to === undefined && !isCanary ? NOBODY_THERE : undefined);
      const outcome =
        instead === undefined && to === undefined
          ? await service().canary(region, options)
          : await service().request(region, to ?? region, options, instead);
      if (sandbox.isDead()) return new Promise<never>(() => {});
      probed();
      log.add('probe', { from: region, to: to ?? host, ok: outcome.ok, ms: outcome.totalMs });
      return outcome;
    };
    return {
      clock: {
        now: () => clock.now() + (troubles()?.aheadMs(region) ?? 0),
        monotonicMs: clock.monotonicMs,
        sleep: sleepOf(clock, sandbox),
      },
      log: { info: () => {}, warn: () => {}, error: () => {} },
      count: () => {},
      sdk,
      random: random.unit,
      probe,
      askServer: names.askServer,
      delegatedServers: async () => [],
    };
  };
