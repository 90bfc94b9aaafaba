/**
 * How a command reaches into a running watch: faults of the embedded network, and what was seen
 * lately. Loopback only, and only for who can read the token in the data folder.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import * as z from 'zod';
import { Region } from '../../events/region.ts';
import { WatchFact } from '../../events/statusOutput.ts';
import { SharedLease } from '../../events/watchPlan.ts';
import type { Fault } from '../../local/network/faults.ts';
import type { Network } from '../../local/network/network.ts';
import { writeFailure } from '../../local/state/failures.ts';

const share = z.number().min(0).max(1);

const scope = z.union([
  z.strictObject({ region: Region }),
  z.strictObject({ from: Region, to: Region }),
]);

const common = {
  id: z.string().min(1).max(200),
  scope,
  plane: z.enum(['service', 'aws']).exactOptional(),
};

export const FaultShape = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.enum(['down', 'refuse', 'blackhole', 'one-way-cut']) }),
  z.strictObject({ ...common, kind: z.literal('slow'), addMs: z.number().min(0).max(600_000) }),
  z.strictObject({
    ...common,
    kind: z.literal('error-rate'),
    share,
    status: z.int().min(500).max(599).exactOptional(),
  }),
  z.strictObject({ ...common, kind: z.literal('loss'), share }),
]) satisfies z.ZodType<Fault>;

export const ControlRequest = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('look') }),
  z.strictObject({ do: z.literal('set-fault'), fault: FaultShape }),
  /** Clears the faults that touch a region; all of them for null. */
  z.strictObject({ do: z.literal('clear-faults'), region: Region.nullable() }),
]);
export type ControlRequest = z.output<typeof ControlRequest>;

export const ControlAnswer = z.strictObject({
  faults: z.array(FaultShape),
  /** What the watch has told since it started, oldest first. */
  facts: z.array(WatchFact),
});
export type ControlAnswer = z.output<typeof ControlAnswer>;

/** What the data folder says of a running watch. The token is a secret: the file is the user's own. */
export const ControlFile = z.strictObject({
  url: z.url(),
  token: z.string().regex(/^[0-9a-f]{64}$/),
  pid: z.int().min(1),
  service: z.string(),
  homeRegion: Region,
  /** Null where there is one controller. */
  controllers: SharedLease.nullable(),
  /** Where the record is asked for. */
  dns: z.string(),
});
export type ControlFile = z.output<typeof ControlFile>;

export const controlFile = (dataDir: string): string => path.join(dataDir, 'watch.json');

const BODY_BYTES_MAX = 16_384;
const TOKEN_BYTES = 32;

const touches = (fault: Fault, region: string): boolean =>
  'region' in fault.scope
    ? fault.scope.region === region
    : fault.scope.from === region || fault.scope.to === region;

type Needs = {
  readonly dataDir: string;
  readonly service: string;
  readonly homeRegion: string;
  readonly controllers: SharedLease | null;
  readonly dns: string;
  readonly network: Pick<Network, 'setFault' | 'clearFault' | 'faults'>;
  readonly facts: () => readonly WatchFact[];
};

const carryOut = async ({ network, facts }: Needs, asked: ControlRequest) => {
  if (asked.do === 'set-fault') await network.setFault(asked.fault);
  if (asked.do === 'clear-faults') {
    const { region } = asked;
    const faults = network.faults().filter((fault) => region === null || touches(fault, region));
    for (const { id } of faults) await network.clearFault(id);
  }
  return ControlAnswer.parse({ faults: [...network.faults()], facts: [...facts()] });
};

const bodyOf = async (incoming: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const holds = (incoming: IncomingMessage, token: string): boolean => {
  const given = Buffer.from(incoming.headers.authorization ?? '');
  const right = Buffer.from(`Bearer ${token}`);
  return given.length === right.length && timingSafeEqual(given, right);
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Answer = { readonly status: number; readonly body: unknown };

const answerTo = async (
  needs: Needs,
  token: string,
  incoming: IncomingMessage,
): Promise<Answer> => {
  if (!holds(incoming, token)) return { status: 403, body: { error: 'not allowed' } };
  if (incoming.method !== 'POST') return { status: 405, body: { error: 'POST only' } };
  const text = await bodyOf(incoming);
  if (text === undefined) return { status: 413, body: { error: 'too long' } };
  const asked = ControlRequest.safeParse(jsonIn(text));
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  try {
    return { status: 200, body: await carryOut(needs, asked.data) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { status: 400, body: { error: error.message } };
  }
};

export type Control = { close(): Promise<void> };

/** Starts the channel and writes down how to reach it; closing takes both back. */
export const openControl = async (needs: Needs): Promise<Control> => {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const server = createServer((incoming, outgoing) => {
    answerTo(needs, token, incoming)
      .catch((): Answer => ({ status: 500, body: { error: 'failed' } }))
      .then(({ status, body }) => {
        outgoing.writeHead(status, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const file = controlFile(needs.dataDir);
  const { service, homeRegion, controllers, dns } = needs;
  const known = {
    url: `http://127.0.0.1:${port}/`,
    token,
    pid: process.pid,
    service,
    homeRegion,
    controllers,
    dns,
  };
  try {
    // A file of a former process may be there with other rights.
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(ControlFile.parse(known)), { mode: 0o600 });
  } catch (error) {
    server.close();
    throw writeFailure(file, error);
  }
  return {
    close: async () => {
      rmSync(file, { force: true });
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
