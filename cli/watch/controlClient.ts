/** Finds the watch that runs on a data folder, and talks to it. */
import { readFileSync } from 'node:fs';
import { DrillError } from '../../core/errors.ts';
import type { SharedLease } from '../../events/watchPlan.ts';
import { runningEndpoint } from '../../local/assembly/dataFolder.ts';
import { ControlAnswer, ControlFile, type ControlRequest, controlFile } from './control.ts';

/** A watch that answers: where it is, and how to ask it. */
export type RunningWatch = {
  /** Its AWS endpoint. */
  readonly endpoint: string;
  readonly service: string;
  readonly homeRegion: string;
  /** Null where there is one controller. */
  readonly controllers: SharedLease | null;
  readonly pid: number;
  /** `ip:port` of its DNS server. */
  readonly dns: string;
  ask(request: ControlRequest): Promise<ControlAnswer>;
};

const TIMEOUT_MS = 10_000;

const noWatch = (dataDir: string, cause?: unknown): DrillError =>
  new DrillError(
    'WatchNotRunning',
    `no watch runs on ${dataDir}. Start one with: failover watch (or name its folder with --data; for one that was deployed: --on aws)`,
    { dataDir },
    cause,
  );

const readControl = (dataDir: string): ControlFile => {
  try {
    return ControlFile.parse(JSON.parse(readFileSync(controlFile(dataDir), 'utf8')));
  } catch (cause) {
    throw noWatch(dataDir, cause);
  }
};

const errorIn = (body: unknown): string =>
  typeof body === 'object' && body !== null
    ? String(Reflect.get(body, 'error'))
    : 'no reason given';

const ask = async (
  dataDir: string,
  { url, token }: ControlFile,
  request: ControlRequest,
): Promise<ControlAnswer> => {
  let answer: Response;
  let body: unknown;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    body = await answer.json();
  } catch (cause) {
    // The file of a watch that was killed: nobody is there, or somebody else is.
    throw noWatch(dataDir, cause);
  }
  if (answer.status === 403) throw noWatch(dataDir);
  if (answer.status === 400) throw new DrillError('InputInvalid', errorIn(body));
  const parsed = ControlAnswer.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new DrillError('TransientFailure', `the watch answered ${answer.status}: ${errorIn(body)}`);
};

/** @throws DrillError `WatchNotRunning` when none answers. */
export const findWatch = async (dataDir: string): Promise<RunningWatch> => {
  const known = readControl(dataDir);
  const endpoint = runningEndpoint(dataDir);
  if (endpoint === undefined) throw noWatch(dataDir);
  await ask(dataDir, known, { do: 'look' });
  const { service, homeRegion, controllers, pid, dns } = known;
  return {
    ...{ endpoint, service, homeRegion, controllers, pid, dns },
    ask: (request) => ask(dataDir, known, request),
  };
};
