/** What is watched and how traffic is moved: all that the functions of a failover need to know. */
import * as z from 'zod';
import { FailoverSettingsShape, HealthSettingsShape } from './failoverState.ts';
import { ServiceName } from './probeOutcome.ts';
import { Region } from './region.ts';

const address = z.string().min(1).max(253);

/** What the record answers while a region is active. At least one of them. */
export const AnswersShape = z
  .strictObject({
    A: z.array(z.ipv4()).min(1).max(20).exactOptional(),
    AAAA: z.array(z.ipv6()).min(1).max(20).exactOptional(),
    CNAME: z.array(address).length(1).exactOptional(),
    /** A load balancer, in the hosted zone of those of its region: at the top of a zone. */
    alias: z.strictObject({ zoneId: z.string().min(1).max(40), name: address }).exactOptional(),
  })
  .refine((answers) => Object.keys(answers).length > 0, 'a region must have an answer')
  .refine(
    ({ A, AAAA, CNAME, alias }) =>
      [CNAME, alias, A ?? AAAA].filter((each) => each !== undefined).length === 1,
    'a CNAME stands alone, and so does an alias',
  );
export type Answers = z.output<typeof AnswersShape>;

export const WatchTarget = z.strictObject({
  region: Region,
  /** Asked as it is written; only 2xx is well. */
  url: z.url({ protocol: /^https?$/ }).max(500),
  /** Name for TLS and for the Host header, where the URL has an address. */
  serverName: address.nullable(),
  answers: AnswersShape,
  /** The ECS service whose tasks serve there; null where somebody else runs it. */
  capacity: z
    .strictObject({ cluster: z.string(), service: z.string(), wanted: z.int().min(1) })
    .nullable(),
  /** ARN of the listener that is closed to the record while traffic is in the other region; absent for none. */
  listener: z.string().min(1).max(300).exactOptional(),
});
export type WatchTarget = z.output<typeof WatchTarget>;

export const FenceShape = z.strictObject({
  kind: z.enum(['http', 'lambda']),
  /** A URL that is posted to, or the name or ARN of a function that is invoked. */
  target: z.string().min(1).max(500),
});
export type FenceShape = z.output<typeof FenceShape>;

export const SwitchShape = z.discriminatedUnion('driver', [
  z.strictObject({ driver: z.literal('record') }),
  z.strictObject({
    driver: z.literal('quorum'),
    objects: z
      .array(z.strictObject({ region: Region, bucket: z.string(), key: z.string() }))
      .length(3),
    /** SSM parameter of the key that signs the objects; null signs with none. */
    signingParameter: z.string().nullable(),
  }),
]);

/** `ip:port` of a DNS server; IPv6 in brackets. */
const dnsServer = z.string().regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):\d{1,5}$/);

/** Where two controllers stand, and the table of the lease that they share. */
export const SharedLease = z.strictObject({
  first: Region,
  second: Region,
  leaseTable: z.string().min(3),
});
export type SharedLease = z.output<typeof SharedLease>;

export const WatchPlan = z.strictObject({
  /** The watch: the name of the service, or `<service>--shadow` of a rehearsal. */
  service: ServiceName,
  record: address,
  zone: address,
  zoneId: z.string().min(1),
  /** Where everything about this watch lives: the standby, never the primary; the witness for a second controller. */
  homeRegion: Region,
  primary: Region,
  standby: Region,
  witness: Region.nullable(),
  /** Absent where there is one controller. */
  controllers: SharedLease.exactOptional(),
  /** Regions that observe; empty for one observer in the home region, whose name is `local`. */
  observers: z.array(Region).max(15),
  health: HealthSettingsShape,
  failover: FailoverSettingsShape,
  /** The primary and the standby. */
  targets: z.tuple([WatchTarget, WatchTarget]),
  /** URLs that should always answer. An observer that reaches none of them abstains. */
  canaries: z.array(z.url()).max(10),
  dns: z.strictObject({
    /** Empty: those of the delegation, found through DNS: no control plane is asked. */
    nameServers: z.array(dnsServer).max(20),
    resolvers: z.array(dnsServer).max(20),
  }),
  switch: SwitchShape,
  fences: z.array(FenceShape).max(10),
  /** Only one region may write: a new one waits until the old one's lease is surely over. */
  singleWriter: z.boolean(),
  /** Replicated table of the service that carries its heartbeat. */
  dataTable: z.string().nullable(),
  slackParameter: z.string().nullable(),
  /** Where reports are, with `{id}` for the execution; null where nothing can be linked to. */
  reportUrl: z.url().nullable(),
});
export type WatchPlan = z.output<typeof WatchPlan>;

/** The plan as the controller of a region has it. */
export const planAt = (plan: WatchPlan, region: string): WatchPlan => ({
  ...plan,
  homeRegion: region,
});

/** Regions of its controllers, the first one first. */
export const controllerRegions = ({ controllers, homeRegion }: WatchPlan): string[] =>
  controllers === undefined ? [homeRegion] : [controllers.first, controllers.second];

/** The name by which the controller that has this plan is in charge; undefined where there is no other. */
export const controllerOf = ({ controllers, homeRegion }: WatchPlan): string | undefined =>
  controllers === undefined ? undefined : homeRegion;

/** The watch of a service's shadow name, which rehearsals move instead of the real one. */
export const shadowOf = (service: string): string => `${service}--shadow`;

export const targetOf = (
  plan: Pick<WatchPlan, 'targets' | 'service'>,
  region: string,
): WatchTarget => {
  const found = plan.targets.find((target) => target.region === region);
  if (found === undefined) throw new RangeError(`${region} is no target of ${plan.service}`);
  return found;
};
