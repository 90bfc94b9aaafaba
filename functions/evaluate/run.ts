/**
 * Judges the regions of a watch and moves its machine: on votes, alarms, orders and approvals, and
 * on a tick when none of them come.
 */
import type { EventBus } from '../../aws/eventBus.ts';
import type { FunctionCalls } from '../../aws/functionCalls.ts';
import type { Leases } from '../../aws/leases.ts';
import type { Machines } from '../../aws/machines.ts';
import type { WatchTable } from '../../aws/watchTable.ts';
import type { Event } from '../../core/failover/states.ts';
import type { EvaluateInput, EvaluateOutput } from '../../events/evaluation.ts';
import { alarmOfCloudWatch, type ExternalAlarm } from '../../events/externalAlarm.ts';
import type { Base } from '../_entry.ts';
import { type Applied, openTransitions } from '../_transition.ts';
import { openCharge } from './charge.ts';
import { answerOf, openPeople } from './people.ts';
import { openReadiness } from './readiness.ts';
import { openRescue } from './rescue.ts';
import { machineOf, openStarter } from './starter.ts';

export type Needs = Base & {
  readonly table: WatchTable;
  readonly leasesIn: (table: string) => Leases;
  readonly bus: EventBus;
  readonly machines: Machines;
  readonly functions: FunctionCalls;
  /** The service whose alarms come from CloudWatch, which cannot name it. */
  readonly service: string;
  readonly prepareFunction: string;
  readonly machineArns: { readonly failover: string; readonly failback: string };
  readonly random: () => number;
};

const alarmEvent = ({ region, ringing, source }: ExternalAlarm, nowMs: number): Event => ({
  kind: 'alarm',
  nowMs,
  region,
  ringing,
  source,
});

export const evaluate = (needs: Needs) => {
  const { clock, service: ownService } = needs;
  const readiness = openReadiness(needs);
  const starter = openStarter(needs, readiness);
  const transitions = openTransitions({ ...needs, starter });
  const people = openPeople({ ...needs, transitions });
  const charge = openCharge({ ...needs, transitions, readiness });
  const rescue = openRescue({ ...needs, transitions, machineOf: machineOf(needs.machineArns) });

  const alarm = async (rung: ExternalAlarm, signal: AbortSignal): Promise<EvaluateOutput> => {
    const event = alarmEvent(rung, clock.now());
    return answerOf(rung.service, await transitions.apply(rung.service, event, signal));
  };

  /** Judges, and looks after what a suspicion needs and what a crash may have left. */
  const judge = async (
    service: string,
    votes: Parameters<typeof transitions.apply>[1],
    signal: AbortSignal,
  ): Promise<Applied> => {
    const applied = await transitions.apply(service, votes, signal);
    await Promise.all([
      readiness.renew(service, applied, signal),
      rescue.check(service, applied.stored.state, signal),
    ]);
    return applied;
  };

  const tick = async (service: string, signal: AbortSignal): Promise<EvaluateOutput> => {
    const applied = await judge(service, { kind: 'votes', votes: [] }, signal);
    await charge.keep(applied, signal);
    return answerOf(service, applied);
  };

  return async (input: EvaluateInput, signal: AbortSignal): Promise<EvaluateOutput> => {
    if ('kind' in input) {
      switch (input.kind) {
        case 'tick':
          return tick(input.service, signal);
        case 'status':
          return people.status(input.service, signal);
        case 'order':
          return people.order(input.service, input.order, signal);
        case 'hand-over':
          return charge.give(input.service, signal);
        case 'approval':
          return people.approval(input, signal);
      }
    }
    switch (input['detail-type']) {
      case 'HealthVote': {
        const { service, votes } = input.detail;
        return answerOf(service, await judge(service, { kind: 'votes', votes }, signal));
      }
      case 'ExternalAlarm':
        return alarm(input.detail, signal);
      case 'CloudWatch Alarm State Change':
        return alarm(alarmOfCloudWatch(ownService, input), signal);
    }
  };
};
