import { watch } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { openStateFile } from '../state/stateFile.ts';
import { AwsError } from '../wire/types.ts';
import { healthCheckState } from './health/config.ts';
import {
  type ChangeState,
  changeState,
  type HostedZoneState,
  hostedZone,
  onClock,
} from './hostedZones.ts';

const route53State = z.strictObject({
  zones: z.array(hostedZone),
  changes: z.array(changeState),
  healthChecks: z.array(healthCheckState),
  /** Caller references of deleted health checks, which cannot be used again. */
  usedReferences: z.array(z.string()),
});
type Route53State = z.infer<typeof route53State>;

export type StoreNeeds = {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** Hears what is wrong with a file that somebody has edited. */
  readonly onFault: (error: unknown) => void;
};

/** What Route 53 keeps on disk, and how parts of it are found and changed. */
export type Route53Store = Awaited<ReturnType<typeof openStore>>;

const CHANGES_KEPT_MAX = 1_000;
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/** An editor may write a file in pieces. */
const SETTLE_MS = 50;

export const bareId = (id: string | undefined): string =>
  (id ?? '').replace(/^\/(hostedzone|change)\//, '');

/** Calls `onChange` some time after a file of the folder was changed by anybody. */
const watchFile = (file: string, onChange: () => void): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  try {
    const watcher = watch(path.dirname(file), { persistent: false }, (_, name) => {
      if (name !== path.basename(file)) return;
      clearTimeout(timer);
      // The machine's own time: files are edited by people, also beside a virtual clock.
      timer = setTimeout(onChange, SETTLE_MS).unref();
    });
    watcher.on('error', () => watcher.close());
    return () => {
      clearTimeout(timer);
      watcher.close();
    };
  } catch {
    // Without watches (their number is limited) an edit is seen with the next request.
    return () => undefined;
  }
};

export const openStore = async ({ dataDir, clock, random, onFault }: StoreNeeds) => {
  const file = path.join(dataDir, 'route53', 'state.json');
  const none: Route53State = { zones: [], changes: [], healthChecks: [], usedReferences: [] };
  const state = await openStateFile(file, route53State, none);
  let latestMs = clock.now();
  /** Wall time that never goes back, so that what has reached the name servers stays there. */
  const now = (): number => {
    latestMs = Math.max(latestMs, clock.now());
    return latestMs;
  };
  const { zones, changes } = state.value;
  if (changes.some(({ submittedAtMs }) => submittedAtMs > latestMs)) {
    await state.save({
      ...state.value,
      zones: zones.map((zone) => ({
        ...zone,
        pending: zone.pending.map((change) => onClock(change, latestMs)),
      })),
      changes: changes.map((change) => onClock(change, latestMs)),
    });
  }
  const listeners: (() => void)[] = [];
  const changed = () => {
    for (const listener of listeners) listener();
  };
  /** Takes over what somebody has written into the file. Rejects with DataCorrupt. */
  const refresh = async (): Promise<void> => {
    if (await state.refresh()) changed();
  };
  const unwatch = watchFile(file, () => void refresh().catch(onFault));
  const save = (next: Partial<Route53State>) => {
    const saved = state.save({ ...state.value, ...next });
    changed();
    return saved;
  };
  const letters = (length: number) =>
    Array.from({ length }, () => ID_LETTERS[Math.floor(random() * 36)]).join('');

  return {
    get value(): Route53State {
      return state.value;
    },
    save,
    refresh,
    now,
    /** Hears of each change of the state. */
    onChange: (listener: () => void) => {
      listeners.push(listener);
    },
    /** An id that no zone and no change has. */
    newId: (prefix: 'Z' | 'C'): string => {
      for (;;) {
        const id = prefix + letters(20);
        const taken = [...state.value.zones, ...state.value.changes].some((one) => one.id === id);
        if (!taken) return id;
      }
    },
    zoneById: (id: string | undefined): HostedZoneState => {
      const zone = state.value.zones.find((candidate) => candidate.id === bareId(id));
      if (zone) return zone;
      throw new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${bareId(id)}`);
    },
    /** Saves zones together with the change that brought them. */
    saveChange: (zones: HostedZoneState[], change: ChangeState) =>
      save({ zones, changes: [...state.value.changes, change].slice(-CHANGES_KEPT_MAX) }),
    changeToWire: (change: ChangeState) => ({
      Id: `/change/${change.id}`,
      Status: now() >= change.dueAtMs ? ('INSYNC' as const) : ('PENDING' as const),
      SubmittedAt: new Date(change.submittedAtMs),
      ...(change.comment !== undefined && { Comment: change.comment }),
    }),
    close: unwatch,
  };
};
