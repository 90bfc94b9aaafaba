import path from 'node:path';
import { nextOccurrence } from '../../core/schedule/next.ts';
import type { Clock } from '../clock.ts';
import { type Delivery, type Gateway, openDeliveries } from '../delivery/deliveries.ts';
import { openStateFile } from '../state/stateFile.ts';
import { randomUuid } from '../stepfunctions/random.ts';
import { createTimetable } from '../timetable.ts';
import { AwsError, type CallContext } from '../wire/types.ts';
import { type EventContent, type EventEnvelope, envelope, eventTime } from './events.ts';
import { type RoutedDelivery, routeEvent, routeToTargets } from './routing.ts';
import {
  type BusState,
  busNameOf,
  DEFAULT_BUS,
  type EventBridgeState,
  eventBridgeState,
  type RuleState,
  ruleArn,
} from './state.ts';

export type EventBridgeOptions = {
  readonly dataDir: string;
  readonly clock: Clock;
  /** Uniform from 0 up to 1; gives event ids and the jitter of retries. */
  readonly random: () => number;
  readonly gateway: Gateway;
  /** Hears of deliveries that are given up, and why. */
  readonly onDropped: (delivery: Delivery, error: unknown) => void;
  /** Hears of every event that is taken, whether or not a rule wants it. */
  readonly onEvent?: (event: EventEnvelope) => void;
};

/** Buses and rules on disk, the timers of scheduled rules and the queue of deliveries. */
export type Store = Awaited<ReturnType<typeof openStore>>;

const createQueue = async (
  options: EventBridgeOptions,
  folder: string,
  state: () => EventBridgeState,
) => {
  const { clock, random } = options;
  const deliveries = await openDeliveries({
    ...options,
    file: path.join(folder, 'deliveries.log'),
  });
  const newId = () => randomUuid(random);
  const routing = () => {
    const nowMs = clock.now();
    return { state: state(), nowMs, ingestedAt: eventTime(nowMs), newId };
  };
  return {
    newId,
    route: (content: EventContent, region: string, bus: string, timeMs: number) => {
      const event = envelope(content, { id: newId(), region, timeMs });
      const routed = routeEvent(event, region, bus, routing());
      options.onEvent?.(event);
      return { id: event.id, routed };
    },
    routeRule: (rule: RuleState, content: EventContent, timeMs: number) => {
      const event = envelope(content, { id: newId(), region: rule.region, timeMs });
      return routeToTargets(rule, event, routing());
    },
    /** Resolves when all are on disk. */
    submit: (routed: readonly RoutedDelivery[]) => deliveries.submit(routed),
    close: deliveries.close,
  };
};

export const openStore = async (options: EventBridgeOptions) => {
  const { clock, onDropped } = options;
  const folder = path.join(options.dataDir, 'eventbridge');
  const empty = { buses: [], rules: [] };
  const state = await openStateFile(path.join(folder, 'state.json'), eventBridgeState, empty);
  const queue = await createQueue(options, folder, () => state.value);
  const timetable = createTimetable(clock);

  const ruleAt = (region: string, bus: string, name: string | undefined) =>
    state.value.rules.find((r) => r.region === region && r.bus === bus && r.name === name);

  const fire = (rule: RuleState, dueMs: number) => {
    const content = {
      source: 'aws.events',
      detailType: 'Scheduled Event',
      detail: {},
      resources: [ruleArn(rule)],
    };
    const routed = queue.routeRule(rule, content, dueMs);
    queue.submit(routed).catch((error: unknown) => {
      for (const { item } of routed) onDropped(item, error);
    });
  };
  const schedule = (rule: RuleState) => {
    const { schedule: expression } = rule;
    if (expression === undefined || !rule.enabled) {
      timetable.delete(ruleArn(rule));
      return;
    }
    timetable.set(ruleArn(rule), {
      next: (afterMs) => nextOccurrence(expression, 'UTC', afterMs, rule.createdAtMs),
      ring: (dueMs) => fire(rule, dueMs),
    });
  };
  // What fell due while the process was down is not made up for.
  for (const rule of state.value.rules) schedule(rule);

  const findBus = (given: string | undefined, { region }: CallContext): BusState => {
    const name = busNameOf(given, region);
    const known = state.value.buses.find((bus) => bus.region === region && bus.name === name);
    if (known) return known;
    if (name === DEFAULT_BUS) return { region, name, createdAtMs: 0 };
    throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
  };
  return {
    clock,
    queue,
    state: () => state.value,
    ruleAt,
    findBus,
    findRule: (name: string | undefined, bus: string | undefined, call: CallContext) => {
      const on = findBus(bus, call);
      const rule = ruleAt(call.region, on.name, name);
      if (rule) return rule;
      const message = `Rule ${name} does not exist on EventBus ${on.name}.`;
      throw new AwsError('ResourceNotFoundException', message);
    },
    putRule: (rule: RuleState) => {
      const { rules } = state.value;
      const known = ruleAt(rule.region, rule.bus, rule.name);
      const next = known ? rules.map((r) => (r === known ? rule : r)) : [...rules, rule];
      schedule(rule);
      return state.save({ ...state.value, rules: next });
    },
    removeRule: (rule: RuleState) => {
      timetable.delete(ruleArn(rule));
      const rules = state.value.rules.filter((other) => other !== rule);
      return state.save({ ...state.value, rules });
    },
    addBus: (bus: BusState) => state.save({ ...state.value, buses: [...state.value.buses, bus] }),
    close: async () => {
      timetable.close();
      await queue.close();
      await state.save(state.value);
    },
  };
};
