import * as z from 'zod';
import { parseDurationMs, parseRatePerS, parseShare, parseSizeBytes } from '../core/units.ts';

const quantity = (parse: (text: string) => number | undefined, expected: string) =>
  z.string({ error: `expected ${expected}` }).transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `"${text}" is not ${expected}` });
    return z.NEVER;
  });

/** `10s` becomes milliseconds. */
export const durationMs = () =>
  quantity(parseDurationMs, 'a duration with a unit, such as 250ms, 10s or 5m');
/** `400MB` becomes bytes. */
export const sizeBytes = () =>
  quantity(parseSizeBytes, 'a size with a unit, such as 400MB or 250MiB');
/** `0.1%` becomes a share of 1. */
export const share = () => quantity(parseShare, 'a percentage, such as 0.1%');
/** `20/s` becomes events per second. */
export const ratePerS = () => quantity(parseRatePerS, 'a rate, such as 20/s');
