/** Every rule, and all of them over a set-up. Names stand in reports and documents: they are never reused. */
import type { Severity } from '../dockerfile/model.ts';
import { controllerFaults, driverFaults, flipPathFaults, homeFaults } from './flipPath.ts';
import { machineFaults } from './machine.ts';
import type { Facts, Found, HealthCheck, Machine, Rule, Setup, Stack } from './model.ts';
import { operationFaults } from './operations.ts';
import { checkFaults, recordFaults, residencyFaults, swapFaults, switchFaults } from './places.ts';
import { wildcardFaults } from './wildcards.ts';

export const LINT_RULES = {
  'flip-needs-us-east-1': {
    severity: 'high',
    title: 'The flip path needs a control plane of us-east-1',
  },
  'flip-needs-primary': { severity: 'high', title: 'The flip path needs the primary region' },
  'flip-writes-iam': { severity: 'high', title: 'The flip path edits IAM' },
  'flip-makes-checks': { severity: 'high', title: 'The flip path makes or edits health checks' },
  'flip-by-record': { severity: 'low', title: 'Driver record flips through us-east-1' },
  'one-controller': { severity: 'low', title: 'Nobody moves traffic while the standby is lost' },
  'regions-swapped': { severity: 'high', title: 'Primary and standby look swapped' },
  'primary-unchecked': { severity: 'high', title: 'A PRIMARY record without a health check' },
  'check-disabled': { severity: 'high', title: 'A disabled health check, which counts as healthy' },
  'check-redirected': {
    severity: 'high',
    title: 'A health check that takes a redirect for healthy',
  },
  'switch-expires': { severity: 'high', title: 'Something removes switch objects' },
  'switch-in-primary': { severity: 'medium', title: 'A switch in the primary region' },
  'wildcard-action': { severity: 'high', title: 'A right to every action' },
  'wildcard-resource': { severity: 'high', title: 'A right to everything where a name is known' },
  residency: { severity: 'high', title: 'Data, logs or images outside their area' },
  'residency-of-lookers': {
    severity: 'low',
    title: 'Measurements outside the area of logs or data',
  },
  'dead-letters': { severity: 'medium', title: 'Failures that land nowhere' },
  alarms: { severity: 'medium', title: 'Something that nobody would miss' },
  'log-retention': { severity: 'low', title: 'A log that is kept for ever' },
  encryption: { severity: 'high', title: 'Data that rests as it is' },
  tracing: { severity: 'low', title: 'Something that leaves no traces' },
  tags: { severity: 'low', title: 'A stack without tags' },
  'task-timeout': { severity: 'medium', title: 'A task without a timeout' },
  'task-heartbeat': { severity: 'medium', title: 'A heartbeat that cannot be missed' },
  'task-retry': { severity: 'medium', title: 'A task without retries' },
  'task-catch': { severity: 'medium', title: 'A task whose errors nothing catches' },
  'task-function': { severity: 'high', title: 'A task that calls a function that is not there' },
  'task-name': { severity: 'low', title: 'A state that is not named as its function' },
  'retry-bounds': { severity: 'medium', title: 'A retry without a bound' },
  'retry-jitter': { severity: 'medium', title: 'A retry without jitter' },
  'retry-blind': { severity: 'medium', title: 'A retry of every error' },
  'error-name': { severity: 'high', title: 'An error name that is never thrown' },
  'map-bounds': { severity: 'medium', title: 'A Map without a bound' },
  'null-dropped': { severity: 'medium', title: 'A null that CloudFormation drops' },
} as const satisfies Readonly<Record<string, Rule>>;

export type LintRule = keyof typeof LINT_RULES;

const isLintRule = (name: string): name is LintRule => Object.hasOwn(LINT_RULES, name);

export type LintFinding = Found & { readonly rule: LintRule; readonly severity: Severity };

export type LintInput = {
  readonly setup: Setup;
  readonly stacks: readonly Stack[];
  readonly machines: readonly Machine[];
  readonly facts: Facts;
  /** Health checks that are made by calls and not by templates. */
  readonly checks: readonly HealthCheck[];
};

const severityOf = (found: Found): LintFinding => {
  const { rule } = found;
  if (!isLintRule(rule)) throw new RangeError(`there is no rule ${rule}`);
  return { ...found, rule, severity: LINT_RULES[rule].severity };
};

const keyOf = ({ rule, file, path, what }: Found): string =>
  JSON.stringify([rule, file, path, what]);

/** One finding for each fault; a stack that is deployed in several regions says the same once. */
export const lint = ({ setup, stacks, machines, facts, checks }: LintInput): LintFinding[] => {
  const found = [
    ...driverFaults(setup),
    ...controllerFaults(setup),
    ...swapFaults(setup),
    ...homeFaults(stacks, machines, setup),
    ...stacks.flatMap((stack) => [
      ...flipPathFaults(stack, machines, setup),
      ...wildcardFaults(stack),
      ...residencyFaults(stack, setup),
      ...recordFaults(stack, setup),
      ...switchFaults(stack, setup),
      ...operationFaults(stack),
    ]),
    ...checkFaults(stacks, checks),
    ...machines.flatMap((machine) => machineFaults(machine, facts)),
  ];
  return [...new Map(found.map((one) => [keyOf(one), one])).values()].map(severityOf);
};
