import type { Delivery } from '../delivery/deliveries.ts';
import type { EventEnvelope } from './events.ts';
import { targetInput } from './input.ts';
import { compilePattern, type Matches } from './pattern.ts';
import {
  type EventBridgeState,
  type RuleState,
  readBusArn,
  ruleArn,
  type TargetState,
} from './state.ts';
import { readTargetArn } from './targets.ts';

/** Buses an event may pass on its way, so that two buses cannot send it round for ever. */
const HOPS_MAX = 5;

export type RoutedDelivery = { readonly id: string; readonly item: Delivery };

type Routing = {
  readonly state: EventBridgeState;
  readonly nowMs: number;
  readonly ingestedAt: string;
  readonly newId: () => string;
};

const compiled = new Map<string, Matches>();
const COMPILED_MAX = 1_000;

const matcher = (pattern: string): Matches => {
  const known = compiled.get(pattern);
  if (known) return known;
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  const made = compilePattern(pattern);
  compiled.set(pattern, made);
  return made;
};

const deliveryFor = (
  rule: RuleState,
  target: TargetState,
  event: EventEnvelope,
  { nowMs, ingestedAt, newId }: Routing,
): RoutedDelivery => {
  const facts = { ruleArn: ruleArn(rule), ruleName: rule.name, ingestedAt };
  const input = targetInput(target, event, facts);
  const id = newId();
  const call: Delivery['call'] =
    readTargetArn(target.arn)?.kind === 'stateMachine'
      ? { kind: 'startExecution', stateMachineArn: target.arn, name: `${event.id}_${id}`, input }
      : { kind: 'invoke', functionName: target.arn, payload: input };
  const item: Delivery = {
    about: `event ${event.id} of rule ${rule.name} to ${target.arn}`,
    region: rule.region,
    retriesMax: target.retriesMax,
    expiresAtMs: nowMs + target.ageMsMax,
    call,
  };
  return { id, item };
};

/**
 * What the targets of one rule are to get. Targets that are buses match their own rules at once.
 */
export const routeToTargets = (
  rule: RuleState,
  event: EventEnvelope,
  routing: Routing,
  hops = 0,
): RoutedDelivery[] =>
  rule.targets.flatMap((target) => {
    const bus = readBusArn(target.arn);
    if (!bus) return [deliveryFor(rule, target, event, routing)];
    return hops < HOPS_MAX ? routeEvent(event, bus.region, bus.name, routing, hops + 1) : [];
  });

/** What every target of every enabled rule that matches `event` on this bus is to get. */
export const routeEvent = (
  event: EventEnvelope,
  region: string,
  bus: string,
  routing: Routing,
  hops = 0,
): RoutedDelivery[] =>
  routing.state.rules
    .filter(
      (rule) =>
        rule.enabled &&
        rule.region === region &&
        rule.bus === bus &&
        rule.pattern !== undefined &&
        matcher(rule.pattern)(event),
    )
    .flatMap((rule) => routeToTargets(rule, event, routing, hops));
