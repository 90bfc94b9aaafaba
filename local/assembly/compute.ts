/** Services that run things: functions, builds, tasks, and the load balancers before those. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createCodeBuild } from '../codebuild/createCodeBuild.ts';
import { type BuilderDetection, openEngine } from '../containers/detect.ts';
import { createEcs } from '../ecs/createEcs.ts';
import { taskImages } from '../ecs/images.ts';
import { chooseRunner } from '../ecs/runners/choose.ts';
import { createElbv2 } from '../elbv2/service.ts';
import { createLambda } from '../lambda/service.ts';
import type { LogLine } from '../lambda/types.ts';
import { openInside } from '../network/inside.ts';
import type { Network } from '../network/network.ts';
import type { Closing } from './closing.ts';
import type { LateEndpoint } from './endpoint.ts';
import type { Storage } from './storage.ts';

type Needs = {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly builder: Pick<BuilderDetection, 'choice' | 'reason'>;
  readonly onLambdaLog: (line: LogLine) => void;
  readonly onBuildLog: (build: string, line: string) => void;
  readonly onFault: (error: unknown, what: string) => void;
};

type Parts = {
  readonly network: Network;
  readonly endpoint: LateEndpoint;
  readonly storage: Storage;
};

export const openCompute = async (needs: Needs, parts: Parts, keep: Closing) => {
  const { dataDir, clock, random, builder, onFault } = needs;
  const { network, storage } = parts;
  const endpoint = parts.endpoint.url;
  const base = { dataDir, clock };
  const engine = builder.choice ? openEngine(builder.choice, dataDir) : undefined;
  // Working copies of images that a killed run left.
  await engine?.cleanUp();
  const runnerNeeds = { dataDir, engine, choice: builder.choice, reason: builder.reason };
  const inside = openInside(network);
  const elbv2 = keep(await createElbv2({ ...base, random, network, reach: inside.reach, onFault }));
  storage.route53.setBalancers(elbv2.addressOf);
  const ecs = keep(
    await createEcs({
      ...base,
      runner: (ledger) =>
        chooseRunner({ ...runnerNeeds, id: randomBytes(4).toString('hex') }, ledger),
      images: taskImages(storage.ecr, engine),
      network: inside,
      targets: elbv2.targets,
      onFault,
    }),
  );
  const codebuild = keep(
    await createCodeBuild({
      ...base,
      endpoint,
      engine: builder.choice ?? null,
      processImages: true,
      log: needs.onBuildLog,
    }),
  );
  const lambda = createLambda({
    ...base,
    endpoint,
    network,
    log: needs.onLambdaLog,
    holdEvents: true,
  });
  return { lambda, codebuild, ecs, elbv2 };
};

export type Compute = Awaited<ReturnType<typeof openCompute>>;
