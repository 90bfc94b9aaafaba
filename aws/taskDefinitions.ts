/** Task definitions of one region, as those who compare regions need them. */
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import * as z from 'zod';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Described = z.object({
  cpu: z.string().optional(),
  memory: z.string().optional(),
  containerDefinitions: z
    .array(
      z.object({
        environment: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
        secrets: z.array(z.object({ name: z.string(), valueFrom: z.string() })).default([]),
        ulimits: z
          .array(z.object({ name: z.string(), softLimit: z.int(), hardLimit: z.int() }))
          .default([]),
      }),
    )
    .min(1),
});

export type TaskDefinitionFacts = {
  readonly cpu: string | null;
  readonly memoryMb: string | null;
  /** As `nofile=1024:4096`, sorted. */
  readonly ulimits: string[];
  /** Of the first container. Secrets are named by where they come from. */
  readonly environment: Readonly<Record<string, string>>;
};

export const openTaskDefinitions = (region: string, sdk: SdkSettings = {}) => {
  const client = new ECSClient({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  const facts = async (arn: string, signal: AbortSignal): Promise<TaskDefinitionFacts> => {
    const { taskDefinition } = await client.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
      { abortSignal: signal },
    );
    const { cpu, memory, containerDefinitions } = Described.parse(taskDefinition);
    const [container] = containerDefinitions;
    const { environment = [], secrets = [], ulimits = [] } = container ?? {};
    return {
      cpu: cpu ?? null,
      memoryMb: memory ?? null,
      ulimits: ulimits.map((one) => `${one.name}=${one.softLimit}:${one.hardLimit}`).sort(),
      environment: Object.fromEntries([
        ...environment.map(({ name, value }) => [name, value]),
        ...secrets.map(({ name, valueFrom }) => [name, valueFrom]),
      ]),
    };
  };

  return { facts, close: () => client.destroy() };
};
