/** Health of targets: real requests, counted as a load balancer counts them. */
import http from 'node:http';
import type { Clock } from '../clock.ts';
import type { HealthCheck, Target, TargetGroup } from './state.ts';

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining';

export type TargetHealth = {
  readonly state: TargetState;
  readonly reason?: string;
  readonly description?: string;
};

/** Where an address is reached on this machine. */
export type Reach = (
  host: string,
  port: number,
) => { readonly host: string; readonly port: number };

export const INITIAL: TargetHealth = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
};
export const UNUSED: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
};
export const DRAINING: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

/** What one check found: null is success. */
type Finding = { readonly reason: string; readonly description: string } | null;

/** Whether a status is among codes such as `200`, `200,204` or `200-299`. */
export const isAmong = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return status >= from && status <= to;
  });

const checkOnce = (
  check: HealthCheck,
  at: { readonly host: string; readonly port: number },
  shown: Target,
): Promise<Finding> =>
  new Promise((resolve) => {
    const failed = { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' };
    const request = http.get({
      ...at,
      path: check.path,
      agent: false,
      headers: {
        host: `${shown.id}:${shown.port}`,
        'user-agent': 'ELB-HealthChecker/2.0',
        connection: 'close',
      },
    });
    const timer = setTimeout(() => {
      request.destroy();
      resolve({ reason: 'Target.Timeout', description: 'Request timed out' });
    }, check.timeoutS * 1_000);
    request.once('response', (response) => {
      clearTimeout(timer);
      response.resume();
      const status = response.statusCode ?? 0;
      const description = `Health checks failed with these codes: [${status}]`;
      resolve(
        isAmong(check.matcher, status)
          ? null
          : { reason: 'Target.ResponseCodeMismatch', description },
      );
    });
    request.on('error', () => {
      clearTimeout(timer);
      resolve(failed);
    });
  });

/** Until its first answer a target is looked at this often, as by the many nodes of a load balancer. */
const EAGER_MS = 500;

type Watch = { health(): TargetHealth; close(): void };

type WatchNeeds = {
  readonly clock: Clock;
  readonly reach: Reach;
  readonly onChange: () => void;
};

/** Checks one target until it is closed. */
export const watchTarget = (
  { clock, reach, onChange }: WatchNeeds,
  { healthCheck: check }: TargetGroup,
  target: Target,
): Watch => {
  let health = INITIAL;
  let successes = 0;
  let failures = 0;
  let closed = false;
  let cancel = () => {};
  let countsAtMs = clock.now() + check.intervalS * 1_000;

  const set = (next: TargetHealth): void => {
    const changed = next.state !== health.state;
    health = next;
    if (changed) onChange();
  };
  const count = (finding: Finding): void => {
    if (finding === null) {
      successes += 1;
      failures = 0;
      // One success is enough for a new target, as the user guide says.
      if (health.state === 'initial' || successes >= check.healthyThreshold) {
        set({ state: 'healthy' });
      }
      return;
    }
    if (health.state === 'initial' && clock.now() < countsAtMs) return;
    countsAtMs = clock.now() + check.intervalS * 1_000;
    successes = 0;
    failures += 1;
    if (failures >= check.unhealthyThreshold) set({ state: 'unhealthy', ...finding });
  };
  const round = async (): Promise<void> => {
    const port = check.port === 'traffic-port' ? target.port : Number(check.port);
    const finding = await checkOnce(check, reach(target.id, port), { id: target.id, port });
    if (closed) return;
    count(finding);
    const pauseMs = health.state === 'initial' ? EAGER_MS : check.intervalS * 1_000;
    cancel = clock.after(pauseMs, () => void round());
  };
  void round();
  return {
    health: () => health,
    close: () => {
      closed = true;
      cancel();
    },
  };
};
