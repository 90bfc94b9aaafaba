/** A listener in front of a service that somebody else runs: closed to the record while traffic is elsewhere. */
import * as z from 'zod';
import { targetOf, type WatchPlan } from './watchPlan.ts';

/** Characters of a host that a condition takes (HostHeaderConditionConfig in the API of Elastic Load Balancing). */
const RECORD_MAX = 128;
/** Only application load balancers have rules. */
const LISTENER = /^arn:aws[\w-]*:elasticloadbalancing:([a-z0-9-]+):\d{12}:listener\/app\/[\w./-]+$/;

export const ListenerArn = z
  .string()
  .max(300)
  .regex(
    LISTENER,
    'expected the ARN of a listener of an Application Load Balancer, such as arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2',
  );

/** As the configuration names it. */
export const RegionFence = z.strictObject({ listener: ListenerArn });

/** Of a region of the configuration; null where it names none. */
export const fencedListenerOf = (region: {
  readonly name: string;
  readonly fence?: z.output<typeof RegionFence> | undefined;
}): string | null => region.fence?.listener ?? null;

/** Why the listener of the primary cannot be closed to the record, each with the key that is at fault. */
export const fenceFaults = (
  primary: Parameters<typeof fencedListenerOf>[0] & { readonly endpoint?: string | undefined },
  record = '',
): { key: 'endpoint' | 'fence'; why: string }[] => {
  const { endpoint } = primary;
  if (fencedListenerOf(primary) === null || endpoint === undefined) return [];
  const isOwnHost = new URL(endpoint).hostname === record;
  const own = `a fence keeps out whoever asks for ${record}, observers too: give the endpoint a name of its own`;
  const long = `the listener takes names of ${RECORD_MAX} characters at most, and record has ${record.length}: shorten it, or leave the fence out`;
  return [
    ...(isOwnHost ? [{ key: 'endpoint' as const, why: own }] : []),
    ...(record.length > RECORD_MAX ? [{ key: 'fence' as const, why: long }] : []),
  ];
};

export const regionOfListener = (listener: string): string => LISTENER.exec(listener)?.[1] ?? '';

/** What its rules are called on AWS. */
export const rulesOfListener = (listener: string): string =>
  `${listener.replace(':listener/', ':listener-rule/')}/*`;

/** The listener of a region of the plan with who is kept out of it; null where none is closed. */
export const listenerOf = (
  plan: Pick<WatchPlan, 'targets' | 'service' | 'record'>,
  region: string,
): { listener: string; service: string; record: string } | null => {
  const { listener } = targetOf(plan, region);
  return listener === undefined ? null : { listener, service: plan.service, record: plan.record };
};
