/** The targets of all groups: registered, checked, chosen, drained. */
import type { Clock } from '../clock.ts';
import { DRAINING, INITIAL, type Reach, type TargetHealth, UNUSED, watchTarget } from './health.ts';
import { type ElbState, type Target, type TargetGroup, usersOf } from './state.ts';

type Needs = {
  readonly state: ElbState;
  readonly clock: Clock;
  readonly reach: Reach;
  readonly onFault: (error: unknown, what: string) => void;
};

type Watch = ReturnType<typeof watchTarget>;
type Draining = { readonly target: Target; readonly done: Promise<void>; end(): void };

const keyOf = (group: string, { id, port }: Target): string => `${group} ${id}:${port}`;
const isSame = (a: Target) => (b: Target) => a.id === b.id && a.port === b.port;

export const createTargets = ({ state, clock, reach, onFault }: Needs) => {
  const watches = new Map<string, Watch>();
  const draining = new Map<string, Draining>();
  /** Requests under way, by target. */
  const busy = new Map<string, number>();
  const turns = new Map<string, number>();
  const listeners: ((group: string) => void)[] = [];

  const tell = (group: string): void => {
    for (const listener of listeners) listener(group);
  };
  const unwatch = (key: string): void => {
    watches.get(key)?.close();
    watches.delete(key);
  };
  const healthOf = (group: string, target: Target): TargetHealth | undefined => {
    const key = keyOf(group, target);
    if (draining.has(key)) return DRAINING;
    if (!state.targetGroups.get(group)?.targets.some(isSame(target))) return undefined;
    if (usersOf(state, group).length === 0) return UNUSED;
    return watches.get(key)?.health() ?? INITIAL;
  };
  /** Checks the targets of groups that are in use, and no others. */
  const refresh = (groupArn: string): void => {
    const group = state.targetGroups.get(groupArn);
    const used = group && usersOf(state, groupArn).length > 0;
    const wanted = new Set(used ? group.targets.map((one) => keyOf(groupArn, one)) : []);
    for (const key of watches.keys()) {
      if (key.startsWith(`${groupArn} `) && !wanted.has(key)) unwatch(key);
    }
    if (!used) return;
    for (const target of group.targets) {
      const key = keyOf(groupArn, target);
      if (watches.has(key)) continue;
      const needs = { clock, reach, onChange: () => tell(groupArn) };
      watches.set(key, watchTarget(needs, group, target));
    }
  };
  const setTargets = async (group: TargetGroup, targets: Target[]): Promise<void> => {
    state.targetGroups.set(group.arn, { ...group, targets });
    refresh(group.arn);
    await state.save();
    tell(group.arn);
  };
  /** Waits for the last requests, at most the group's delay. */
  const drain = (group: TargetGroup, target: Target): Promise<void> => {
    const key = keyOf(group.arn, target);
    if ((busy.get(key) ?? 0) === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(group.deregistrationDelayS * 1_000, () => end());
    const end = () => {
      cancel();
      draining.delete(key);
      resolve();
    };
    draining.set(key, { target, done: promise, end });
    return promise;
  };

  return {
    healthOf,
    refresh,
    /** Checks anew with changed settings. */
    restart(group: string): void {
      for (const key of watches.keys()) if (key.startsWith(`${group} `)) unwatch(key);
      refresh(group);
    },
    listed: (group: TargetGroup): Target[] => [
      ...group.targets,
      ...[...draining]
        .filter(([key]) => key.startsWith(`${group.arn} `))
        .map(([, { target }]) => target),
    ],
    async register(group: TargetGroup, added: readonly Target[]): Promise<void> {
      const fresh = added.filter((one) => !group.targets.some(isSame(one)));
      for (const one of fresh) draining.get(keyOf(group.arn, one))?.end();
      if (fresh.length > 0) await setTargets(group, [...group.targets, ...fresh]);
    },
    /** Resolves when no request to them is under way any more. */
    async deregister(group: TargetGroup, gone: readonly Target[]): Promise<void> {
      const leaving = group.targets.filter((one) => gone.some(isSame(one)));
      const drained = leaving.map((one) => drain(group, one));
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
      if (!target) return undefined;
      const key = keyOf(groupArn, target);
      busy.set(key, (busy.get(key) ?? 0) + 1);
      return {
        target,
        release: () => {
          const left = (busy.get(key) ?? 1) - 1;
          if (left > 0) busy.set(key, left);
          else busy.delete(key);
          if (left <= 0) draining.get(key)?.end();
        },
      };
    },
    onHealth: (listener: (group: string) => void) => void listeners.push(listener),
    onFault,
    close(): void {
      for (const key of [...watches.keys()]) unwatch(key);
      for (const { end } of draining.values()) end();
    },
  };
};
export type Targets = ReturnType<typeof createTargets>;
