/** Parsers for quantities that carry their unit, such as `10s` or `400MB`. Each answers undefined for anything else. */

const scaled = (
  text: string,
  pattern: RegExp,
  factors: Readonly<Record<string, number>>,
): number | undefined => {
  const match = pattern.exec(text.trim());
  const factor = factors[match?.[2] ?? ''];
  return match?.[1] === undefined || factor === undefined ? undefined : Number(match[1]) * factor;
};

const MS_PER = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `250ms`, `10s`, `1.5m`, `2h`, `1d` in milliseconds. */
export const parseDurationMs = (text: string): number | undefined =>
  scaled(text, /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/, MS_PER);

const BYTES_PER = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** `400MB`, `250MiB`, `1GB` in bytes; decimal prefixes are powers of 1000. */
export const parseSizeBytes = (text: string): number | undefined =>
  scaled(text, /^(\d+(?:\.\d+)?)\s*(B|[kK]B|[MG]B|[KMG]iB)$/, BYTES_PER);

/** `0.1%` as a share of 1. */
export const parseShare = (text: string): number | undefined =>
  scaled(text, /^(\d+(?:\.\d+)?)\s*(%)$/, { '%': 0.01 });

/** `20/s` as events per second. */
export const parseRatePerS = (text: string): number | undefined =>
  scaled(text, /^(\d+(?:\.\d+)?)\/(s|m)$/, { s: 1, m: 1 / 60 });

/** Milliseconds for people: `41.5 ms`, `0.8 s`, `2 min 5 s`. */
export const formatMs = (ms: number): string => {
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** Bytes for people, in decimal units as image sizes are quoted: `43 MB`. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
};
