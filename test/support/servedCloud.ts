/** An embedded cloud that runs a small service in two regions behind load balancers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { bundleFolder } from '../../cli/dataFolder.ts';
import { packSource } from '../../cli/source.ts';
import { Config } from '../../events/config.ts';
import { realClock } from '../../local/clock.ts';
import { type Cloud, startCloud } from '../../local/cloud.ts';
import { type BuilderDetection, detectBuilder } from '../../local/containers/detect.ts';
import { type Clients, openClients } from '../../local/stack/clients.ts';
import { installService, type ServiceInstallation } from '../../local/stack/installService.ts';
import { embeddedPlace, ensureImage } from '../../local/stack/serviceImage.ts';
import { keepUse } from './grantUse.ts';

export const PRIMARY = 'eu-west-1';
export const STANDBY = 'eu-central-1';

/**
 * Tells its region, its process and its version; `broken` ends at once, `weary`
 * fails once it has had some traffic.
 */
const serverOf = (version: string): string => `
const http = require('node:http');
const { AWS_REGION, PORT = '8080', HOST = '0.0.0.0' } = process.env;
if ('${version}' === 'broken') { console.error('no database'); process.exit(1); }
let had = 0;
http.createServer((request, response) => {
  response.setHeader('X-Region', AWS_REGION);
  if (request.url === '/' && '${version}' === 'weary' && ++had > 150) response.statusCode = 500;
  response.end(JSON.stringify({ version: '${version}', pid: process.pid }));
}).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
`;

/** As a person would write it. */
export const SERVED = {
  service: 'tiny',
  record: 'tiny.example.test',
  regions: { primary: PRIMARY, standby: STANDBY },
  image: { matrix: { target: ['plain'] }, reference: 'plain' },
  run: { port: 8080, health: '/healthz' },
  probes: [{ kind: 'http' }, { kind: 'database', table: 'things' }],
  dns: { driver: 'record', ttl: '1s' },
};

const configOf = (more: object): Config & { readonly image: NonNullable<Config['image']> } => {
  const config = Config.parse({ ...SERVED, ...more });
  if (!config.image) throw new Error('the service has an image');
  return { ...config, image: config.image };
};

/** No builder: images are built and run as plain processes. */
export const PLAIN = { choice: undefined, reason: 'hidden by the test' } as const;

export const realBuilder = async (dataDir: string): Promise<BuilderDetection> =>
  detectBuilder({ dataDir, log: () => {}, allowInstall: false });

export const openServed = (more: object = {}) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'failover-served-'));
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir);
  const config = configOf(more);
  const faults: string[] = [];

  const sourceOf = (version: string) => {
    const context = path.join(folder, version);
    mkdirSync(context, { recursive: true });
    writeFileSync(path.join(context, 'server.js'), serverOf(version));
    writeFileSync(
      path.join(context, 'Dockerfile'),
      'FROM node:24-slim AS plain\nWORKDIR /app\nCOPY server.js .\nCMD ["node", "server.js"]\n',
    );
    return packSource(context, 'Dockerfile');
  };
  return {
    config,
    dataDir,
    faults,
    start: async (builder: Pick<BuilderDetection, 'choice' | 'reason'> = PLAIN): Promise<Cloud> => {
      const cloud = await startCloud({
        dataDir,
        clock: realClock,
        random: Math.random,
        port: 0,
        builder,
        resolverRegions: [PRIMARY, STANDBY],
        fires: () => false,
        enforceIam: true,
        onLambdaLog: () => {},
        onBuildLog: () => {},
        onFault: (error, what) => faults.push(`${what}: ${String(error)}`),
      });
      await cloud.ecs.recover();
      cloud.lambda.releaseEvents();
      return cloud;
    },
    install: (cloud: Cloud, version: string): Promise<ServiceInstallation> =>
      installService({
        cloud,
        config,
        bundleDir: bundleFolder(process.env),
        nowMs: Date.now(),
        source: sourceOf(version),
        note: () => {},
        signal: AbortSignal.timeout(120_000),
      }),
    /** Builds a version without running it anywhere; answers with its digest. */
    build: async (cloud: Cloud, version: string): Promise<string> => {
      const home = openClients(cloud.endpoint, STANDBY);
      const other = openClients(cloud.endpoint, PRIMARY);
      try {
        const source = sourceOf(version);
        const registries = new Map([
          [STANDBY, home.ecr],
          [PRIMARY, other.ecr],
        ]);
        const telling = { note: () => {}, signal: AbortSignal.timeout(60_000) };
        const at = embeddedPlace(config, registries);
        return (await ensureImage(home, config, source, at, telling)).digest;
      } finally {
        home.close();
        other.close();
      }
    },
    remove: () => {
      keepUse('served', dataDir);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** Uses clients of one region and closes them. */
export const withClients = async <T>(
  { endpoint }: Pick<Cloud, 'endpoint'>,
  region: string,
  work: (clients: Clients) => Promise<T>,
): Promise<T> => {
  const clients = openClients(endpoint, region);
  try {
    return await work(clients);
  } finally {
    clients.close();
  }
};

export type Said = { status: number; region: unknown; version: unknown; pid: number };

/** One request on a new connection; from outside all regions unless an address is given. */
export const ask = (url: string, localAddress?: string): Promise<Said> =>
  new Promise((resolve, reject) => {
    const options = { agent: false, ...(localAddress ? { localAddress } : {}) };
    const request = http.get(url, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => {
        const said = text.startsWith('{') ? JSON.parse(text) : {};
        const region = response.headers['x-region'];
        resolve({ status: response.statusCode ?? 0, region, ...said });
      });
    });
    request.once('error', reject);
  });
