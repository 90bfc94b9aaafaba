// Goal: layers come out of the registry as they were pushed, over URLs that expire, and the log of a build line by line.
// Method: the files of aws/ over sockets, against the embedded ECR and CloudWatch Logs; layers are real archives.
import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as ecrSdk from '@aws-sdk/client-ecr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBuildLogs } from '../../../aws/buildLogs.ts';
import type { RegistryLayer } from '../../../aws/imageRegistry.ts';
import { openImageRegistry } from '../../../aws/imageRegistry.ts';
import { BOUNDS, readLayers } from '../../../functions/inspect-images/readLayers.ts';
import { openCloudWatchLog } from '../../../local/codebuild/cloudWatchLog.ts';
import { createEcr, type Ecr } from '../../../local/ecr/createEcr.ts';
import { blobFile, repositoryFolder } from '../../../local/ecr/layout.ts';
import { createLogs } from '../../../local/logs/service.ts';
import { CREDENTIALS } from '../../../local/stack/clients.ts';
import type { WireServer } from '../../../local/wire/server.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { manualClock } from '../../support/manualClock.ts';
import { createRepository, type MadeLayer, pushImage, putBlob } from '../../support/ociImage.ts';
import { clientOf, startEndpoint, temporaryFolder } from '../endpoint.ts';

const REGION = 'eu-central-1';
const REPOSITORY = 'failover-drill-shop';
const HOUR_MS = 3_600_000;

const { folder, remove } = temporaryFolder();
const { clock, advance } = manualClock(1_800_000_000_000);
const signal = new AbortController().signal;
const place = { dataDir: folder, region: REGION, repository: REPOSITORY };

let ecr: Ecr;
let server: WireServer;
let client: ecrSdk.ECRClient;
const at = (region = REGION) => clientOf(server, region);

beforeAll(async () => {
  ecr = await createEcr({ dataDir: folder, clock });
  const logs = createLogs({ dataDir: folder, clock });
  server = await startEndpoint([
    serviceFromSdk(ecrSdk, 'ecr', ecr.operations),
    serviceFromSdk(logsSdk, 'logs', logs.operations),
  ]);
  client = new ecrSdk.ECRClient(at());
  await createRepository(client, REPOSITORY);
});
afterAll(async () => {
  client.destroy();
  await ecr.close();
  await server.close();
  remove();
});

const LAYERS: MadeLayer[] = [
  { members: [{ path: 'usr/lib/base', content: 5_000 }], createdBy: 'ADD file in /' },
  {
    members: [{ path: 'app/server.js', content: 40 }],
    ...{ createdBy: 'COPY . .', compression: 'zstd' as const },
  },
  {
    members: [{ path: 'app/.wh.server.js' }],
    ...{ createdBy: 'RUN rm server.js', compression: 'none' as const },
  },
  {
    members: [{ path: 'app/last', content: 7 }],
    ...{ createdBy: 'RUN make', compression: 'docker-gzip' as const },
  },
];

const textOf = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString('base64');
};

const urlOf = async (layerDigest: string, from = client): Promise<string> => {
  const input = { repositoryName: REPOSITORY, layerDigest };
  const { downloadUrl = '' } = await from.send(new ecrSdk.GetDownloadUrlForLayerCommand(input));
  return downloadUrl;
};

describe('the registry', () => {
  it('gives the bytes of a layer and the history of an image', async () => {
    const { digest, layers } = await pushImage(client, place, LAYERS);
    const registry = openImageRegistry(at());
    const image = await registry.find(REPOSITORY, digest, signal);
    expect(image?.layers.map((layer) => layer.digest)).toEqual(layers);
    const [first = ''] = layers;
    const stored = readFileSync(blobFile(repositoryFolder(folder, REGION, REPOSITORY), first));
    expect(await textOf(await registry.open(REPOSITORY, first, signal))).toBe(
      stored.toString('base64'),
    );
    const history = await registry.history(REPOSITORY, image?.configDigest ?? '', signal);
    expect(history.filter((line) => !line.empty_layer).map((line) => line.created_by)).toEqual(
      LAYERS.map(({ createdBy }) => createdBy),
    );
  });

  it('gives a replica in the other region', async () => {
    const rules = [{ destinations: [{ region: 'eu-west-1', registryId: '000000000000' }] }];
    await client.send(
      new ecrSdk.PutReplicationConfigurationCommand({ replicationConfiguration: { rules } }),
    );
    const { layers } = await pushImage(client, place, LAYERS);
    const elsewhere = new ecrSdk.ECRClient(at('eu-west-1'));
    const answer = await fetch(await urlOf(layers[0] ?? '', elsewhere));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String((await answer.bytes()).length));
    elsewhere.destroy();
  });

  it('gives only what an image of the repository has', async () => {
    const stray = putBlob(place, Buffer.from('pushed, but of no image'), 'x');
    await expect(urlOf(stray.digest)).rejects.toMatchObject({ name: 'LayersNotFoundException' });
    await expect(urlOf('nonsense')).rejects.toMatchObject({ name: 'InvalidParameterException' });
    const other = new ecrSdk.GetDownloadUrlForLayerCommand({
      repositoryName: 'none',
      layerDigest: stray.digest,
    });
    await expect(client.send(other)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  });

  it('gives nothing over a URL that is an hour old, or that nobody was given', async () => {
    const { layers } = await pushImage(client, place, LAYERS);
    const url = await urlOf(layers[0] ?? '');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/);
    await advance(HOUR_MS - 1);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    await advance(1);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(new URL('/../../../etc/passwd', url))).status).toBe(403);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('says what it does not get, and keeps the URL to itself', async () => {
    const registry = openImageRegistry(at());
    const { digest } = await pushImage(client, place, LAYERS);
    const image = await registry.find(REPOSITORY, digest, signal);
    const [gone] = image?.layers.slice(-1) ?? [];
    const file = blobFile(repositoryFolder(folder, REGION, REPOSITORY), gone?.digest ?? '');
    await rename(file, `${file}.away`);
    const error = await registry.open(REPOSITORY, gone?.digest ?? '', signal).catch(String);
    await rename(`${file}.away`, file);
    expect(error).toBe(`TransientFailure: ECR did not give ${gone?.digest}: HTTP 404`);
    const layer = image?.layers[0]?.digest ?? '';
    await expect(registry.history(REPOSITORY, layer, signal)).rejects.toMatchObject({
      name: 'DataCorrupt',
    });
  });
});

describe('layers', () => {
  const layersOf = async (made: readonly MadeLayer[]): Promise<readonly RegistryLayer[]> => {
    const { digest } = await pushImage(client, place, made);
    const image = await openImageRegistry(at()).find(REPOSITORY, digest, signal);
    return image?.layers ?? [];
  };
  const read = async (layers: readonly RegistryLayer[], bounds = BOUNDS) =>
    readLayers(openImageRegistry(at()), REPOSITORY, layers, signal, bounds);

  it('are read whichever way they are compressed, each once', async () => {
    const layers = await layersOf(LAYERS);
    const { read: found, failed } = await read([...layers, ...layers]);
    expect([...failed]).toEqual([]);
    expect(layers.map(({ digest }) => found.get(digest)?.entries)).toEqual([
      [{ path: 'usr/lib/base', kind: 'file', bytes: 5_000 }],
      [{ path: 'app/server.js', kind: 'file', bytes: 40 }],
      [{ path: 'app/.wh.server.js', kind: 'file', bytes: 0 }],
      [{ path: 'app/last', kind: 'file', bytes: 7 }],
    ]);
    expect(found.get(layers[0]?.digest ?? '')?.uncompressedBytes).toBe(512 + 5_120 + 1_024);
  });

  it('that are no archives are told, and the others read', async () => {
    const layers = await layersOf(LAYERS);
    const broken = layers.map((layer, at) => (at === 0 ? { ...layer, mediaType: 'x.tar' } : layer));
    const { read: found, failed } = await read(broken);
    expect(found.size).toBe(3);
    expect(failed.get(layers[0]?.digest ?? '')).toContain('no tar archive');
    const zipped = layers.map((layer, at) =>
      at === 2 ? { ...layer, mediaType: 'x+gzip' } : layer,
    );
    expect((await read(zipped)).failed.get(layers[2]?.digest ?? '')).toContain('incorrect header');
  });

  it('that broke off are read once more, and no more than that', async () => {
    const layers = await layersOf(LAYERS);
    const registry = openImageRegistry(at());
    let opened = 0;
    const failing = (times: number) => ({
      open: async (...asked: Parameters<typeof registry.open>) => {
        opened += 1;
        if (opened <= times) throw new Error('socket hang up');
        return registry.open(...asked);
      },
    });
    const [layer] = layers;
    if (!layer) throw new Error('no layer was pushed');
    const once = await readLayers(failing(1), REPOSITORY, [layer], signal);
    expect([once.read.size, opened]).toEqual([1, 2]);
    opened = 0;
    const twice = await readLayers(failing(2), REPOSITORY, [layer], signal);
    expect([twice.failed.get(layer.digest), opened]).toEqual(['socket hang up', 2]);
  });

  it('are read within bounds', async () => {
    const layers = await layersOf(LAYERS);
    const few = await read(layers, { ...BOUNDS, entriesMax: 2 });
    expect([...few.failed.values()][0]).toContain('the layers hold more than 2 entries');
    const small = await read(layers, { ...BOUNDS, uncompressedBytesMax: 3_000 });
    expect([...small.failed.values()][0]).toContain('the rest was not read');
    const late = await read(layers, { ...BOUNDS, readMsMax: 0 });
    expect(new Set(late.failed.values())).toEqual(
      new Set(['reading the layers took longer than 0 s']),
    );
  });
});

describe('the log of a build', () => {
  const where = { group: '/aws/codebuild/shop', stream: 'build-1' };
  const open = () =>
    openCloudWatchLog(
      { endpoint: server.url, region: REGION, credentials: CREDENTIALS, ...where },
      clock,
    );

  it('is in CloudWatch Logs, line by line with its times', async () => {
    const log = open();
    log.line('STEP 1/2: FROM scratch');
    await advance(250);
    log.line('');
    log.line('STEP 2/2: COPY a /a');
    expect(await log.close()).toBeUndefined();
    const lines = await openBuildLogs(at()).lines(where, signal);
    const first = lines[0]?.atMs ?? 0;
    expect(lines.map(({ text, atMs }) => [text.trim(), atMs - first])).toEqual([
      ['STEP 1/2: FROM scratch', 0],
      ['', 250],
      ['STEP 2/2: COPY a /a', 250],
    ]);
  });

  it('may have more lines than one page', async () => {
    const long = { ...where, stream: 'build-2' };
    const log = openCloudWatchLog(
      { endpoint: server.url, region: REGION, credentials: CREDENTIALS, ...long },
      clock,
    );
    for (let at = 0; at < 12_345; at++) log.line(`line ${at}`);
    expect(await log.close()).toBeUndefined();
    const lines = await openBuildLogs(at()).lines(long, signal);
    expect(lines).toHaveLength(12_345);
    expect(lines.at(-1)?.text).toBe('line 12344');
  });

  it('that cannot be written says so, and fails nothing', async () => {
    const place = {
      ...{ endpoint: 'http://127.0.0.1:1', region: REGION, credentials: CREDENTIALS },
      ...where,
    };
    const log = openCloudWatchLog(place, clock);
    log.line('lost');
    expect(await log.close()).toContain('ECONNREFUSED');
  });
});
