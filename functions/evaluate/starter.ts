/** Starts the machine that carries out a decision. */
import type { Machines } from '../../aws/machines.ts';
import type { Execution } from '../../core/failover/states.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import type { Starter } from '../_outbox.ts';
import type { Readiness } from './readiness.ts';

type Arns = { readonly failover: string; readonly failback: string };

export const machineOf =
  (arns: Arns) =>
  ({ cause }: Execution): string =>
    cause === 'failback' ? arns.failback : arns.failover;

/** None is ever called so. */
const NO_EXECUTION = 'preflight';

/** Its name is known before it runs, so a decision that is carried out twice starts one. */
export const openStarter = (
  { machines, machineArns }: { readonly machines: Machines; readonly machineArns: Arns },
  readiness: Readiness,
): Starter => ({
  start: async (service, execution, signal) => {
    const input: StepInput = { service, execution };
    await machines.start(machineOf(machineArns)(execution), execution.name, input, signal);
  },
  prepare: async (service, signal) => {
    await Promise.all([
      readiness.ask(service, signal),
      // The first call of a client takes longest: it is made while there is time, as a question
      // whose answer says nothing.
      machines.status(machineArns.failover, NO_EXECUTION, signal).catch(() => null),
    ]);
  },
  gather: readiness.gather,
});
