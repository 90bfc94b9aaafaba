/** Other settings for a replay, in words such as `quorum=2of5` or `down=5s`. */
import type { FailoverSettings } from '../failover/settings.ts';
import { type HealthSettings, parseQuorum } from '../health/settings.ts';
import { nearest } from '../nearest.ts';
import { parseDurationMs } from '../units.ts';

export type Settings = { readonly health: HealthSettings; readonly failover: FailoverSettings };

type Change = (settings: Settings, text: string) => Settings | undefined;

const duration =
  (change: (settings: Settings, ms: number) => Settings): Change =>
  (settings, text) => {
    const ms = parseDurationMs(text);
    return ms === undefined ? undefined : change(settings, ms);
  };

const health = (settings: Settings, change: Partial<HealthSettings>): Settings => ({
  ...settings,
  health: { ...settings.health, ...change },
});

const failover = (settings: Settings, change: Partial<FailoverSettings>): Settings => ({
  ...settings,
  failover: { ...settings.failover, ...change },
});

const confirm = (settings: Settings, change: Partial<FailoverSettings['confirm']>): Settings =>
  failover(settings, { confirm: { ...settings.failover.confirm, ...change } });

const CHANGES = {
  quorum: (settings, text) => {
    const quorum = parseQuorum(text);
    if (quorum === undefined) return undefined;
    // Whoever names a number of votes has said how many decide.
    const { dissent = false } = settings.failover.confirm;
    return confirm(health(settings, { quorum }), { dissent: dissent && quorum.kind === 'share' });
  },
  down: duration((settings, downMs) => confirm(health(settings, { downMs }), { downMs })),
  up: duration((settings, upMs) => failover(health(settings, { upMs }), { clearMs: upMs })),
  degraded: duration((settings, degradedMs) => confirm(settings, { degradedMs })),
  unstable: duration((settings, unstableMs) => confirm(settings, { unstableMs })),
  rpo: duration((settings, rpoMs) => failover(settings, { rpoMs })),
  cooldown: duration((settings, cooldownMs) => failover(settings, { cooldownMs })),
  perDay: (settings, text) => {
    if (text === 'unlimited') return failover(settings, { perDay: null });
    return /^[1-9]\d{0,2}$/.test(text) ? failover(settings, { perDay: Number(text) }) : undefined;
  },
  mode: (settings, text) =>
    text === 'auto' || text === 'approve' || text === 'manual'
      ? failover(settings, { mode: text })
      : undefined,
} satisfies Record<string, Change>;

type Key = keyof typeof CHANGES;

const KEYS = Object.keys(CHANGES).filter((key): key is Key => Object.hasOwn(CHANGES, key));

const isKey = (text: string): text is Key => Object.hasOwn(CHANGES, text);

export type Overridden =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly why: string };

/** Settings with each `key=value` applied, or what is wrong with the first that cannot be. */
export const override = (settings: Settings, words: readonly string[]): Overridden => {
  let changed = settings;
  for (const word of words) {
    const at = word.indexOf('=');
    const key = (at < 0 ? word : word.slice(0, at)).trim();
    if (at < 0) return { ok: false, why: `"${word}" is not key=value, such as quorum=2of5` };
    if (!isKey(key)) {
      const guess = nearest(key, KEYS);
      const hint =
        guess === undefined ? `known are ${KEYS.join(', ')}` : `did you mean "${guess}"?`;
      return { ok: false, why: `"${key}" cannot be set in a replay: ${hint}` };
    }
    const text = word.slice(at + 1).trim();
    const next = CHANGES[key](changed, text);
    if (next === undefined) return { ok: false, why: `"${text}" is no value of "${key}"` };
    changed = next;
  }
  return { ok: true, settings: changed };
};
