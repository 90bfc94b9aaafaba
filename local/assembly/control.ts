/** Services that start others: schedules, events, state machines. */
import type { Clock } from '../clock.ts';
import type { EventEnvelope } from '../eventbridge/events.ts';
import { createEventBridge } from '../eventbridge/service.ts';
import { createScheduler } from '../scheduler/service.ts';
import { createStepFunctions } from '../stepfunctions/engine.ts';
import type { Closing } from './closing.ts';
import type { LateEndpoint } from './endpoint.ts';

type Needs = {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly fires?: (scheduleName: string) => boolean;
  readonly onFault: (error: unknown, what: string) => void;
  readonly onEvent?: (event: EventEnvelope) => void;
};

export const openControl = async (needs: Needs, { gateway }: LateEndpoint, keep: Closing) => {
  const { dataDir, clock, random, onFault, onEvent, fires } = needs;
  const onDropped = (delivery: { readonly about: string }, error: unknown): void =>
    onFault(error, `delivery of ${delivery.about}`);
  const base = { dataDir, clock, random, gateway };
  const eventbridge = keep(
    await createEventBridge({ ...base, onDropped, ...(onEvent ? { onEvent } : {}) }),
  );
  const scheduler = keep(
    await createScheduler({ ...base, ...(fires ? { fires } : {}), onDropped }),
  );
  const stepFunctions = createStepFunctions({
    ...base,
    log: (message, { arn, error }) => {
      if (error !== undefined) onFault(error, `${message}: ${String(arn)}`);
    },
  });
  return { eventbridge, scheduler, stepFunctions };
};

export type Control = Awaited<ReturnType<typeof openControl>>;
