/** What CodeBuild knows of finished builds. */
import { BatchGetBuildsCommand, CodeBuildClient } from '@aws-sdk/client-codebuild';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Build = z.object({
  id: z.string(),
  buildStatus: z.string(),
  startTime: z.date().optional(),
  endTime: z.date().optional(),
  phases: z
    .array(
      z.object({
        phaseType: z.string(),
        phaseStatus: z.string().optional(),
        durationInSeconds: z.number().optional(),
        contexts: z.array(z.object({ message: z.string().optional() })).optional(),
      }),
    )
    .default([]),
  exportedEnvironmentVariables: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .default([]),
  logs: z
    .object({ groupName: z.string().optional(), streamName: z.string().optional() })
    .optional(),
});

/** One finished build, in the words of the drill. */
export type ImageBuild = {
  readonly buildId: string;
  readonly succeeded: boolean;
  readonly durationMs: number | null;
  /** What the build exported, such as IMAGE_DIGEST. */
  readonly exported: Readonly<Record<string, string>>;
  /** The first message of a phase that failed. */
  readonly reason: string | null;
  /** Where its output went, when it was kept. */
  readonly log: { readonly group: string; readonly stream: string } | null;
};

const BATCH_MAX = 100;

export const openImageBuilds = (sdk: SdkSettings = {}) => {
  const client = new CodeBuildClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  const describe = async (ids: readonly string[], signal: AbortSignal): Promise<ImageBuild[]> => {
    if (ids.length === 0) return [];
    const answer = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, BATCH_MAX) }), {
      abortSignal: signal,
    });
    return z
      .array(Build)
      .parse(answer.builds ?? [])
      .map(imageBuild);
  };

  return { describe };
};

export type ImageBuilds = ReturnType<typeof openImageBuilds>;

const imageBuild = (build: z.output<typeof Build>): ImageBuild => ({
  buildId: build.id,
  succeeded: build.buildStatus === 'SUCCEEDED',
  durationMs:
    build.startTime && build.endTime ? build.endTime.getTime() - build.startTime.getTime() : null,
  exported: Object.fromEntries(
    build.exportedEnvironmentVariables.map(({ name, value }) => [name, value]),
  ),
  reason:
    build.phases
      .filter((phase) => phase.phaseStatus === 'FAILED')
      .flatMap((phase) => phase.contexts ?? [])
      .map((context) => context.message)
      .find((message) => message !== undefined) ?? null,
  log:
    build.logs?.groupName && build.logs.streamName
      ? { group: build.logs.groupName, stream: build.logs.streamName }
      : null,
});
