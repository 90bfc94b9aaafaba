/** How every function is wired: logger, metrics, parse input, work, parse output. */
import { setTimeout as sleepMs } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import type { SdkSettings } from '../aws/sdk.ts';
import { DrillError } from '../core/errors.ts';
import { readEnv } from './_env.ts';
import type { Outside } from './_outside.ts';
import { tellSources } from './_stack.ts';

export type Clock = {
  /** Wall time in epoch milliseconds. */
  now(): number;
  /** Never goes backwards; for measuring. */
  monotonicMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** What every function may use, besides what it opens itself. */
export type Base = {
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly count: (metric: string, value: number) => void;
};

/** What a function is opened with by whoever runs it. */
export type Opening = Base &
  Partial<Outside> & {
    readonly sdk: SdkSettings;
    /** Uniform from 0 up to 1. */
    readonly random: () => number;
  };

type Entry<E extends z.ZodType, I extends z.ZodType, O extends z.ZodType> = {
  readonly name: string;
  readonly env: E;
  readonly input: I;
  readonly output: O;
  readonly make: (
    env: z.output<E>,
    base: Opening,
  ) => (input: z.output<I>, signal: AbortSignal) => Promise<z.input<O>>;
};

/** Left for the answer after the work was told to stop. */
const STOP_EARLY_MS = 500;

const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleepMs(ms, undefined, { signal });
  },
};

const parsed = <T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}`);
  throw new DrillError('InputInvalid', `${what}: ${faults.join('; ')}`);
};

const parser = (name: string, input: z.ZodType, output: z.ZodType): MiddlewareObj => ({
  before: (request) => {
    request.event = parsed(input, request.event, `input of ${name}`);
  },
  after: (request) => {
    request.response = parsed(output, request.response, `output of ${name}`);
  },
});

/** Builds the Lambda entry of one function; `parts` is what it is built of. */
export const entry = <E extends z.ZodType, I extends z.ZodType, O extends z.ZodType>(
  parts: Entry<E, I, O>,
) => {
  const logger = new Logger({ serviceName: parts.name });
  const metrics = new Metrics({ namespace: 'FailoverDrill', serviceName: parts.name });
  const base: Opening = {
    clock,
    sdk: {},
    random: Math.random,
    log: logger,
    count: (metric, value) => metrics.addMetric(metric, MetricUnit.Count, value),
  };
  let work: ReturnType<typeof parts.make> | undefined;
  const handler = middy()
    .use(injectLambdaContext(logger))
    .use(publisher(metrics))
    .use(errorLog(logger))
    .use(parser(parts.name, parts.input, parts.output))
    .handler(async (event: unknown, context: Context) => {
      work ??= parts.make(readEnv(parts.env), base);
      const leftMs = context.getRemainingTimeInMillis() - STOP_EARLY_MS;
      return work(event as z.output<I>, AbortSignal.timeout(Math.max(1, leftMs)));
    });
  return Object.assign(handler, { parts });
};

/** Only what was counted: a function that counts nothing has nothing to say. */
const publisher = (metrics: Metrics): MiddlewareObj => {
  const publish = (): void => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
};

const errorLog = (logger: Logger): MiddlewareObj => ({
  onError: (request) => {
    const { error } = request;
    tellSources(error);
    logger.error('failed', error instanceof Error ? error : new Error(String(error)));
  },
});
