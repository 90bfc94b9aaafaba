/** The targets of all groups: registered, checked, chosen, drained. */
import type { Clock } from '../clock.ts';
import { DRAINING, INITIAL, type Reach, type TargetHealth, UNUSED, watchTarget } from './health.ts';
import { createRequestCounts } from './requestCounts.ts';
import { type ElbState, type Target, type TargetGroup, usersOf } from './state.ts';

type Needs = {
  readonly state: ElbState;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly onFault: (error: unknown, what: string) => void;
};

type Watch = ReturnType<typeof watchTarget>;

const keyOf = (group: string, { id, port }: Target): string => `${group} ${id}:${port}`;
const isSame = (a: Target) => (b: Target) => a.id === b.id && a.port === b.port;

/** Health checks of the targets whose groups are in use, and of no others. */
const createChecks = ({ state, clock, reach }: Needs, onChange: (group: string) => void) => {
  const watches = new Map<string, Watch>();
  const stop = (key: string): void => {
    watches.get(key)?.close();
    watches.delete(key);
  };
  const keysOf = (group: string) =>
    [...watches.keys()].filter((key) => key.startsWith(`${group} `));
  /** Begins and ends checks, so that they are those of the group as it is now. */
  const refresh = (groupArn: string): void => {
    const group = state.targetGroups.get(groupArn);
    const used = group !== undefined && usersOf(state, groupArn).length > 0;
    const wanted = new Map(used ? group.targets.map((one) => [keyOf(groupArn, one), one]) : []);
    for (const key of keysOf(groupArn)) if (!wanted.has(key)) stop(key);
    for (const [key, target] of wanted) {
      if (!used || watches.has(key)) continue;
      const checking = { clock, reach, onChange: () => onChange(groupArn) };
      watches.set(key, watchTarget(checking, group, target));
    }
  };
  return {
    refresh,
    /** Checks anew, with changed settings. */
    restart(group: string): void {
      for (const key of keysOf(group)) stop(key);
      refresh(group);
    },
    healthOf: (key: string): TargetHealth => watches.get(key)?.health() ?? INITIAL,
    close(): void {
      for (const key of [...watches.keys()]) stop(key);
    },
  };
};

export const createTargets = (needs: Needs) => {
  const { state, clock, onFault } = needs;
  const listeners: ((group: string) => void)[] = [];
  const tell = (group: string): void => {
    for (const listener of listeners) listener(group);
  };
  const checks = createChecks(needs, tell);
  const requests = createRequestCounts(clock);
  const turns = new Map<string, number>();

  const healthOf = (group: string, target: Target): TargetHealth | undefined => {
    const key = keyOf(group, target);
    if (requests.isLeaving(key)) return DRAINING;
    if (!state.targetGroups.get(group)?.targets.some(isSame(target))) return undefined;
    return usersOf(state, group).length === 0 ? UNUSED : checks.healthOf(key);
  };
  const setTargets = async (group: TargetGroup, targets: Target[]): Promise<void> => {
    state.targetGroups.set(group.arn, { ...group, targets });
    checks.refresh(group.arn);
    await state.save();
    tell(group.arn);
  };
  return {
    healthOf,
    refresh: checks.refresh,
    restart: checks.restart,
    /** Those that are registered, and those that wait for their last requests. */
    listed: (group: TargetGroup): Target[] => [
      ...group.targets,
      ...requests.leaving(`${group.arn} `),
    ],
    async register(group: TargetGroup, added: readonly Target[]): Promise<void> {
      const fresh = added.filter((one) => !group.targets.some(isSame(one)));
      for (const one of fresh) requests.stay(keyOf(group.arn, one));
      if (fresh.length > 0) await setTargets(group, [...group.targets, ...fresh]);
    },
    /** Resolves when no request to them is under way any more. */
    async deregister(group: TargetGroup, gone: readonly Target[]): Promise<void> {
      const leaving = group.targets.filter((one) => gone.some(isSame(one)));
      const withinMs = group.deregistrationDelayS * 1_000;
      const drained = leaving.map((one) => requests.drain(keyOf(group.arn, one), one, withinMs));
      const rest = group.targets.filter((one) => !leaving.includes(one));
      if (leaving.length > 0) await setTargets(group, rest);
      await Promise.all(drained);
    },
    /** The next healthy target in turn; `release` must be called when its request is over. */
    take(groupArn: string): { readonly target: Target; release(): void } | undefined {
      const healthy = (state.targetGroups.get(groupArn)?.targets ?? []).filter(
        (one) => healthOf(groupArn, one)?.state === 'healthy',
      );
      const turn = turns.get(groupArn) ?? 0;
      turns.set(groupArn, turn + 1);
      const target = healthy[turn % healthy.length];
      return target && { target, release: requests.begin(keyOf(groupArn, target)) };
    },
    onHealth: (listener: (group: string) => void) => void listeners.push(listener),
    onFault,
    close(): void {
      checks.close();
      requests.close();
    },
  };
};
export type Targets = ReturnType<typeof createTargets>;
