/** Takes over what a former deployment kept: its records stay readable, and a new watch begins at home. */
import { openWatchTable, type WatchTable } from '../../aws/watchTable.ts';
import { adoptionOf } from '../../core/deploy/adoption.ts';
import { watchTableOf } from '../../core/deploy/deployed.ts';
import type { PlannedStack } from '../../core/deploy/stacks.ts';
import { initialState } from '../../core/failover/states.ts';
import { restingAt } from '../../events/watchState.ts';
import { realClock } from '../../local/clock.ts';
import { type Aws, keyOf, type Seen } from './look.ts';
import { type DeploySetup, stacksOf } from './setup.ts';

type Telling = { readonly note: (line: string) => void; readonly signal: AbortSignal };

/**
 * The plan and the facts of the former watch are no more: its switch is gone, and references of its health checks are
 * used up. The epoch goes on, so that no record of a failover is written over.
 */
export const beginAgain = async (
  table: Pick<WatchTable, 'state' | 'lease' | 'forgetPlan' | 'saveState'>,
  watch: { readonly service: string; readonly primary: string; readonly standby: string },
  nowMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const { service, primary, standby } = watch;
  const [stored, lease] = await Promise.all([
    table.state(service, signal),
    table.lease(service, signal),
  ]);
  await table.forgetPlan(service, signal);
  if (stored === null) return;
  const epoch = Math.max(stored.state.epoch, lease?.epoch ?? 0);
  const state = { ...initialState(primary, standby, nowMs), epoch };
  await table.saveState(service, restingAt(state, stored.version + 1, nowMs), signal);
};

const beginHere = async (
  { service, homeRegion, checked: { config } }: DeploySetup,
  signal: AbortSignal,
): Promise<void> => {
  const table = openWatchTable(watchTableOf(service), { region: homeRegion });
  const { primary, standby } = config.regions;
  const watch = { service, primary: primary.name, standby: standby.name };
  try {
    await beginAgain(table, watch, realClock.now(), signal);
  } finally {
    table.close();
  }
};

/** @returns what a stack does before osls makes the rest of it. @throws DrillError `DeployFailed` */
export const openAdoption =
  (
    { stacks }: Pick<Aws, 'stacks'>,
    setup: DeploySetup,
    { accountId, adopts, record }: Pick<Seen, 'adopts' | 'record'> & { accountId: string },
    { note, signal }: Telling,
  ) =>
  async (planned: PlannedStack): Promise<boolean> => {
    const kept = adopts.get(keyOf(planned)) ?? [];
    if (kept.length === 0) return false;
    const stack = stacksOf(setup, accountId).find((one) => keyOf(one) === keyOf(planned));
    if (stack === undefined) return false;
    const own = kept.some(({ name }) => name === watchTableOf(setup.service));
    // A record that is still on the switch follows the state that is stored.
    if (own && record?.kind !== 'ours') await beginHere(setup, signal);
    await stacks.adopt(planned, adoptionOf(stack, kept), signal);
    for (const { kind, name, region } of kept) {
      note(`  the ${kind} ${name} in ${region} is taken over as it was kept`);
    }
    return true;
  };
