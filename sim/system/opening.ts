/** What the functions of a simulation are opened with: its clock, its wire, its service and its DNS. */
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Random } from '../../core/random.ts';
import type { Opening } from '../../functions/_entry.ts';
import type { Clock } from '../../local/clock.ts';
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
  readonly troubles: () => Troubles | null;
  readonly probed: () => void;
};

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
  ({ clock, log, random, names, service, troubles, probed }: Needs) =>
  (sandbox: Sandbox, sdk: SdkSettings): Opening => {
    const { region } = sandbox;
    const probe: Opening['probe'] = async (target, options) => {
      const to = service().regionAt(target.host);
      const distorted =
        sandbox.part === 'observe'
          ? troubles()?.distorted(region, to === undefined, options.timeoutMs)
          : undefined;
      const outcome =
        distorted === undefined && to === undefined
          ? await service().canary(region, options)
          : await service().request(region, to ?? region, options, distorted);
      if (sandbox.isDead()) return new Promise<never>(() => {});
      probed();
      log.add('probe', {
        from: region,
        to: to ?? target.host,
        ok: outcome.ok,
        ms: outcome.totalMs,
      });
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
