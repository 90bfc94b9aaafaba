/**
 * Prices of AWS, on demand, in US dollars, before tax and free tiers: each with where it is told and how
 * sure that is. They are for orders of magnitude and for comparing; the bill is AWS's.
 */

/**
 * `primary`: read on the page named. `secondary`: from a note that quotes the page. `unverified`: common
 * knowledge that nobody has looked up again.
 */
export type Grade = 'primary' | 'secondary' | 'unverified';

export type Price = {
  readonly usd: number;
  readonly per: string;
  readonly source: string;
  readonly grade: Grade;
};

/** When the table was put together. Prices that are older than a year should be looked up again. */
export const PRICES_DATE = '2026-11-30';

/** Of eu-west-1 where prices differ by region. */
export const PRICES_REGION = 'eu-west-1';

const at = (usd: number, per: string, page: string, grade: Grade): Price => ({
  usd,
  per,
  source: `aws.amazon.com/${page}`,
  grade,
});

export const PRICES = {
  fargateVcpuHour: at(0.04048, 'vCPU hour', 'fargate/pricing', 'unverified'),
  fargateGbHour: at(0.004445, 'GB hour', 'fargate/pricing', 'unverified'),
  balancerHour: at(0.0252, 'load balancer and hour', 'elasticloadbalancing/pricing', 'unverified'),
  addressHour: at(0.005, 'public IPv4 address and hour', 'vpc/pricing', 'secondary'),
  lambdaGbSecond: at(0.0000133334, 'GB second on arm64', 'lambda/pricing', 'unverified'),
  lambdaRequest: at(0.0000002, 'request', 'lambda/pricing', 'unverified'),
  codeBuildMinute: at(0.005, 'minute of general1.small', 'codebuild/pricing', 'unverified'),
  stateTransition: at(0.000025, 'state transition', 'step-functions/pricing', 'unverified'),
  dynamodbWrite: at(0.000000625, 'write unit of 1 KB', 'dynamodb/pricing/on-demand', 'secondary'),
  dynamodbRead: at(0.000000125, 'read unit of 4 KB', 'dynamodb/pricing/on-demand', 'unverified'),
  busEvent: at(0.000001, 'custom event', 'eventbridge/pricing', 'unverified'),
  scheduledStart: at(0.000001, 'start by Scheduler', 'eventbridge/pricing', 'unverified'),
  s3Put: at(0.000005, 'PUT', 's3/pricing', 'unverified'),
  s3Get: at(0.0000004, 'GET', 's3/pricing', 'unverified'),
  logsGb: at(0.57, 'GB of logs taken in', 'cloudwatch/pricing', 'unverified'),
  alarmMetricMonth: at(0.1, 'metric of an alarm and month', 'cloudwatch/pricing', 'secondary'),
  ecrGbMonth: at(0.1, 'GB of images and month', 'ecr/pricing', 'unverified'),
  betweenRegionsGb: at(0.02, 'GB between regions', 'ec2/pricing/on-demand', 'unverified'),
  hostedZoneMonth: at(0.5, 'zone and month', 'route53/pricing', 'secondary'),
  checkMonth: at(0.5, 'health check of an AWS endpoint and month', 'route53/pricing', 'secondary'),
  checkOptionMonth: at(1, 'option of such a check and month', 'route53/pricing', 'secondary'),
  foreignCheckMonth: at(
    0.75,
    'health check of another endpoint and month',
    'route53/pricing',
    'secondary',
  ),
  foreignCheckOptionMonth: at(
    2,
    'option of such a check and month',
    'route53/pricing',
    'secondary',
  ),
  routingControlHour: at(
    2.5,
    'ARC cluster and hour',
    'application-recovery-controller/pricing',
    'secondary',
  ),
  regionSwitchMonth: at(
    70,
    'ARC Region switch plan and month',
    'application-recovery-controller/pricing',
    'secondary',
  ),
  canaryRun: at(0.0012, 'run of a Synthetics canary', 'cloudwatch/pricing', 'secondary'),
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;

export const HOURS_A_MONTH = 730;
export const MINUTES_A_MONTH = HOURS_A_MONTH * 60;

/** So many units of a price, with the words of what they are for. */
export type Item = {
  readonly part: string;
  readonly what: string;
  readonly price: PriceName;
  readonly units: number;
};

export const usdOf = (items: readonly Item[]): number =>
  items.reduce((sum, { price, units }) => sum + PRICES[price].usd * units, 0);

/** Sums by part, in the order in which parts come first. */
export const byPart = (items: readonly Item[]): { part: string; usd: number }[] =>
  [...Map.groupBy(items, ({ part }) => part)].map(([part, own]) => ({ part, usd: usdOf(own) }));
