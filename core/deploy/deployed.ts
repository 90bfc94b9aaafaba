/** Where the parts of a deployed service are, all in its home region: names as the templates spell them. */

export type DeployedPlace = {
  readonly service: string;
  readonly accountId: string;
  /** The standby's: nothing in the primary, nor in us-east-1, is needed to operate. */
  readonly region: string;
};

export const drillTableOf = (service: string): string => `failover-drill-${service}`;

export const watchTableOf = (service: string): string => `failover-drill-${service}-watch`;

/** In three regions, where a watch has two controllers. */
export const leaseTableOf = (service: string): string => `failover-drill-${service}-lease`;

/** The service whose watch has this table; undefined for any other table. */
export const serviceOfWatchTable = (table: string): string | undefined =>
  /^failover-drill-(.+)-watch$/.exec(table)?.[1];

/** Reports of drills, beside their table. */
export const drillBucketOf = ({ service, accountId, region }: DeployedPlace): string =>
  `${drillTableOf(service)}-${accountId}-${region}`;

/** Records of failovers. */
export const watchBucketOf = ({ service, accountId, region }: DeployedPlace): string =>
  `failover-${service}-watch-${accountId}-${region}`;

/** SSM parameter of the key that signs the objects of the switch. */
export const switchKeyOf = (service: string): string => `/failover/${service}/switch-key`;

export const functionNameOf = (service: string, part: string): string =>
  `failover-drill-${service}-${part}`;
export const drillMachineArnOf = ({ service, accountId, region }: DeployedPlace): string =>
  `arn:aws:states:${region}:${accountId}:stateMachine:failover-drill-${service}`;

/** Starts a drill each night, and knows which configuration was deployed. */
export const drillScheduleOf = (service: string): string => `failover-drill-${service}`;
