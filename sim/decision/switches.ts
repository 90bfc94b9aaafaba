/**
 * The three switch objects and what DNS makes of them: a majority that says `standby`, as the
 * checkers see it, moves the answer. Writes are conditional, as S3 has them.
 */
import {
  type FoundSwitch,
  type SwitchBody,
  type SwitchWrite,
  servingOf,
  type WriteResult,
} from '../../core/failover/switchObjects.ts';
import type { Serving } from '../../core/failover/view.ts';
import type { Noise } from '../faults/noise.ts';
import type { Stretch } from '../faults/timeline.ts';
import { faultsOf, switchesOut } from './surroundings.ts';

type Seen = { readonly state: 'home' | 'standby'; readonly fromMs: number };

type SwitchObject = {
  readonly region: string;
  etag: number;
  body: SwitchBody | null;
  /** What checkers see, and from when. */
  readonly seen: Seen[];
};

export type Written = {
  readonly object: number;
  readonly body: SwitchBody;
  readonly before: number;
};

/** A check every ten seconds, threshold 1, and what the answer needs to spread. */
const CHECK_MS = 10_000;
const SPREAD_MS = 1_000;

export const openSwitches = (regions: readonly string[], noise: Noise) => {
  const objects: SwitchObject[] = regions.map((region) => ({
    region,
    etag: 1,
    body: null,
    seen: [{ state: 'home', fromMs: Number.NEGATIVE_INFINITY }],
  }));

  const stateAt = ({ seen }: SwitchObject, atMs: number): Seen['state'] =>
    seen.findLast(({ fromMs }) => fromMs <= atMs)?.state ?? 'home';

  const foundAll = (out: ReadonlySet<number>): FoundSwitch[] =>
    objects.map(({ region, etag, body }, index) => ({
      region,
      reachable: !out.has(index),
      etag: `${etag}`,
      epoch: body?.epoch ?? 0,
      decisionId: body?.decisionId ?? null,
      state: body?.state ?? 'home',
    }));

  return {
    read: (stretch: Stretch): FoundSwitch[] => foundAll(switchesOut(stretch)),
    /** One conditional put, which checkers do not see for `hiddenMs`. Gives what it changed, if it did. */
    write: (
      stretch: Stretch,
      { region, condition, hiddenMs }: SwitchWrite & { readonly hiddenMs: number },
      body: SwitchBody,
      atMs: number,
    ): { readonly result: WriteResult['result']; readonly written: Written | null } => {
      const index = regions.indexOf(region);
      const object = objects[index];
      if (object === undefined || switchesOut(stretch).has(index)) {
        return { result: 'failed', written: null };
      }
      if (!('ifMatch' in condition) || condition.ifMatch !== `${object.etag}`) {
        return { result: 'condition-failed', written: null };
      }
      const before = object.body?.epoch ?? 0;
      object.etag++;
      object.body = body;
      const hidden = faultsOf(stretch, 'switch').find(
        (fault) => fault.how === 'unseen' && fault.objects.includes(index),
      );
      const waitMs = SPREAD_MS + Math.floor(CHECK_MS * noise(index, atMs, 201));
      const fromMs = Math.max(Math.floor(atMs + hiddenMs), hidden?.untilMs ?? 0) + waitMs;
      object.seen.push({ state: body.state, fromMs });
      return { result: 'written', written: { object: index, body, before } };
    },
    /** What the name answers at a moment. */
    answerAt: (atMs: number): Seen['state'] =>
      objects.filter((object) => stateAt(object, atMs) === 'standby').length >= 2
        ? 'standby'
        : 'home',
    /** When the answer may change next, after a moment. */
    changesAfter: (atMs: number): number[] =>
      objects.flatMap(({ seen }) => seen.map(({ fromMs }) => fromMs).filter((ms) => ms > atMs)),
    /** Where the objects send clients, as whoever reads them sees it. */
    serving: (regions: Readonly<Record<SwitchBody['state'], string>>): Serving | null =>
      servingOf(foundAll(new Set()), regions),
  };
};

export type Switches = ReturnType<typeof openSwitches>;
