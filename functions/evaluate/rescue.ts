/** Finds moves that nobody carries out any more, and starts or ends them. */
import type { Machines } from '../../aws/machines.ts';
import { abandonment } from '../../core/failover/abandon.ts';
import { resume } from '../../core/failover/machine.ts';
import type { Execution, State } from '../../core/failover/states.ts';
import type { StepInput } from '../../events/failoverStep.ts';
import type { Base } from '../_entry.ts';
import type { Transitions } from '../_transition.ts';

type Needs = Pick<Base, 'clock' | 'log'> & {
  readonly machines: Machines;
  readonly transitions: Transitions;
  readonly machineOf: (execution: Execution) => string;
};

/** A step that stands still for so long is worth a question. */
const STILL_MS = 15_000;

export const openRescue = ({ machines, transitions, machineOf, clock, log }: Needs) => {
  let askedAtMs = Number.NEGATIVE_INFINITY;

  const end = async (service: string, found: State, name: string, signal: AbortSignal) => {
    let state = found;
    const why = `the execution ${name} has ended without saying how`;
    for (;;) {
      const event = abandonment(state, name, why, clock.now());
      if (event === null) return;
      state = (await transitions.apply(service, event, signal)).stored.state;
    }
  };

  /** An execution that was never started is started; one that is over is told to be. */
  const check = async (service: string, state: State, signal: AbortSignal): Promise<void> => {
    const { execution, phaseSinceMs } = state;
    if (execution === null || resume(state).length === 0) return;
    const nowMs = clock.now();
    if (nowMs - phaseSinceMs < STILL_MS || clock.monotonicMs() - askedAtMs < STILL_MS) return;
    askedAtMs = clock.monotonicMs();
    const arn = machineOf(execution);
    const status = await machines.status(arn, execution.name, signal);
    if (status === 'running') return;
    log.warn('a move stands still', { service, execution: execution.name, status });
    if (status === 'ended') await end(service, state, execution.name, signal);
    else {
      const input: StepInput = { service, execution };
      await machines.start(arn, execution.name, input, signal);
    }
  };

  return { check };
};
