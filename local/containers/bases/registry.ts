import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../clock.ts';

const PROBE_TIMEOUT_MS = 3000;
/** How long an answer (or a silence) stands, so that a run asks each registry once. */
const REMEMBERED_MS = 15 * 60_000;

const Known = z.record(z.string(), z.object({ answers: z.boolean(), atMs: z.number() }));

const endpointOf = (registry: string): string =>
  `https://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}/v2/`;

/** True when a registry speaks the distribution API: 200, or 401 asking for a token. */
const ask = async (registry: string): Promise<boolean> => {
  try {
    const answer = await fetch(endpointOf(registry), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      redirect: 'manual',
    });
    await answer.body?.cancel();
    return answer.status === 200 || answer.status === 401;
  } catch {
    return false;
  }
};

/** Asks each registry once, for at most three seconds, and remembers it in a file for a while. */
export const createRegistryProbe = (folder: string, clock: Clock) => {
  const file = path.join(folder, 'registries.json');
  const load = (): z.infer<typeof Known> => {
    try {
      return Known.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return {};
    }
  };
  return async (registry: string): Promise<boolean> => {
    const known = load()[registry];
    const nowMs = clock.now();
    if (known && Math.abs(nowMs - known.atMs) < REMEMBERED_MS) return known.answers;
    const answers = await ask(registry);
    writeFileSync(file, JSON.stringify({ ...load(), [registry]: { answers, atMs: nowMs } }));
    return answers;
  };
};
