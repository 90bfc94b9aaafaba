import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { detectBuilder, openEngine } from '../../../local/containers/detect.ts';
import { findProgram, sharedLibraries } from '../../../local/containers/hostFiles.ts';
import type { ContainerEngine } from '../../../local/containers/types.ts';
import { chooseRunner } from '../../../local/ecs/runners/choose.ts';
import { detectRunc } from '../../../local/ecs/runners/detect.ts';
import type { Ledger } from '../../../local/ecs/runners/leftovers.ts';
import type { TaskImage } from '../../../local/ecs/runners/types.ts';

export const TOY_IMAGE = 'localhost/failover-drill/ecs-toy:1';

/** Answers its port over HTTP with who and where it is; ends politely unless DEAF is set. */
const PROGRAM = `
const http = require('node:http');
const os = require('node:os');
if (process.env.GREEDY) {
  const held = [];
  for (;;) held.push(Buffer.alloc(8 * 2 ** 20, 1));
}
process.on('SIGTERM', () => { if (!process.env.DEAF) process.exit(0); });
http.createServer((request, response) => {
  response.end(JSON.stringify({
    pid: process.pid,
    uid: process.getuid(),
    region: process.env.AWS_REGION,
    greeting: process.env.GREETING,
    addresses: Object.values(os.networkInterfaces()).flat().map((one) => one.address),
    args: process.argv.slice(2),
  }));
}).listen(Number(process.env.PORT ?? 8080), () => console.log('listening'));
`;

const DOCKERFILE = `FROM scratch
COPY root/ /
ENV PATH=/bin GREETING=hello
WORKDIR /app
USER app
EXPOSE 8080
CMD ["node", "/app/program.js"]
`;

const writeContext = async (folder: string): Promise<void> => {
  const programs = { node: process.execPath, sh: findProgram('sh') ?? '/bin/sh' };
  const put = (from: string, to: string) => {
    const target = path.join(folder, 'root', to);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(from, target);
  };
  for (const [name, file] of Object.entries(programs)) put(file, `/bin/${name}`);
  const { found } = await sharedLibraries(Object.values(programs));
  for (const library of found) put(library.real, library.path);
  for (const name of ['app', 'etc', 'tmp']) {
    mkdirSync(path.join(folder, 'root', name), { recursive: true });
  }
  writeFileSync(path.join(folder, 'root/app/program.js'), PROGRAM);
  writeFileSync(path.join(folder, 'root/etc/passwd'), 'root:x:0:0::/:\napp:x:1000:1000::/app:\n');
  writeFileSync(path.join(folder, 'root/etc/group'), 'root:x:0:\napp:x:1000:\n');
  writeFileSync(path.join(folder, 'Dockerfile'), DOCKERFILE);
};

const folderOf = () => mkdtempSync(path.join(os.tmpdir(), 'failover-ecs-'));

const detect = (dataDir: string) => detectBuilder({ dataDir, log: () => {}, allowInstall: false });

/** Why tasks cannot run as containers here; undefined when they can. */
export const missingEngine = async (): Promise<string | undefined> => {
  const dataDir = folderOf();
  const { choice, reason } = await detect(dataDir);
  let why = choice ? undefined : `no container engine: ${reason}`;
  if (choice && choice.kind !== 'docker') {
    const found = await detectRunc(path.join(dataDir, 'proof'), path.basename(dataDir));
    if (!found.ok && choice.kind === 'buildah') why = found.reason;
  }
  if (choice) await openEngine(choice, dataDir).cleanUp();
  rmSync(dataDir, { recursive: true, force: true });
  return why;
};

/** What the embedded ECS needs to run the toy image that is in this data folder's storage. */
export const openImages = async (dataDir: string) => {
  const { choice } = await detect(dataDir);
  if (!choice) throw new Error('no container engine works here');
  const engine: ContainerEngine = openEngine(choice, dataDir);
  const facts = await engine.inspect(TOY_IMAGE);
  const images = async (name: string): Promise<TaskImage | undefined> =>
    name === 'toy' && facts
      ? { kind: 'container', name: TOY_IMAGE, digest: facts.imageId, config: facts.config }
      : undefined;
  const runner = (ledger: Ledger) =>
    chooseRunner({ dataDir, engine, choice, reason: '', id: path.basename(ledger.folder) }, ledger);
  return { dataDir, engine, images, runner };
};

/** A data folder with the toy image in its storage. */
export const openBench = async () => {
  const dataDir = folderOf();
  const { choice } = await detect(dataDir);
  if (!choice) throw new Error('no container engine works here');
  const engine = openEngine(choice, dataDir);
  const context = path.join(dataDir, 'context');
  await writeContext(context);
  const dockerfile = path.join(context, 'Dockerfile');
  await engine.build({ context, dockerfile, buildArgs: {}, tags: [TOY_IMAGE], onLine: () => {} });
  rmSync(context, { recursive: true, force: true });
  return {
    ...(await openImages(dataDir)),
    expectedRunner: choice.kind === 'docker' ? 'docker' : 'runc',
    remove: async () => {
      await engine.cleanUp();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};
export type Bench = Awaited<ReturnType<typeof openBench>>;
