/** A commercial AWS region: the city it is named after and that city's rough coordinates. */
export type Region = {
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Legal area that data in the region falls under: a country code, or EU. */
  readonly area: string;
  /** Degrees north of the equator. */
  readonly lat: number;
  /** Degrees east of Greenwich. */
  readonly lon: number;
};

/**
 * All commercial regions, sorted by name. Sources: names of the partition table in the AWS SDK (endpoint
 * rules, partition `aws`); cities of AWS's own list of regions, or the capital where only a country is
 * named; coordinates of these cities from GeoNames, to 8 km, since AWS does not publish its sites.
 */
export const REGIONS = {
  'af-south-1': { city: 'Cape Town', country: 'ZA', area: 'ZA', lat: -33.92, lon: 18.42 },
  'ap-east-1': { city: 'Hong Kong', country: 'HK', area: 'HK', lat: 22.32, lon: 114.17 },
  'ap-east-2': { city: 'Taipei', country: 'TW', area: 'TW', lat: 25.03, lon: 121.57 },
  'ap-northeast-1': { city: 'Tokyo', country: 'JP', area: 'JP', lat: 35.68, lon: 139.69 },
  'ap-northeast-2': { city: 'Seoul', country: 'KR', area: 'KR', lat: 37.57, lon: 126.98 },
  'ap-northeast-3': { city: 'Osaka', country: 'JP', area: 'JP', lat: 34.69, lon: 135.5 },
  'ap-south-1': { city: 'Mumbai', country: 'IN', area: 'IN', lat: 19.08, lon: 72.88 },
  'ap-south-2': { city: 'Hyderabad', country: 'IN', area: 'IN', lat: 17.39, lon: 78.49 },
  'ap-southeast-1': { city: 'Singapore', country: 'SG', area: 'SG', lat: 1.35, lon: 103.82 },
  'ap-southeast-2': { city: 'Sydney', country: 'AU', area: 'AU', lat: -33.87, lon: 151.21 },
  'ap-southeast-3': { city: 'Jakarta', country: 'ID', area: 'ID', lat: -6.21, lon: 106.85 },
  'ap-southeast-4': { city: 'Melbourne', country: 'AU', area: 'AU', lat: -37.81, lon: 144.96 },
  'ap-southeast-5': { city: 'Kuala Lumpur', country: 'MY', area: 'MY', lat: 3.14, lon: 101.69 },
  'ap-southeast-6': { city: 'Auckland', country: 'NZ', area: 'NZ', lat: -36.85, lon: 174.76 },
  'ap-southeast-7': { city: 'Bangkok', country: 'TH', area: 'TH', lat: 13.76, lon: 100.5 },
  'ca-central-1': { city: 'Montreal', country: 'CA', area: 'CA', lat: 45.5, lon: -73.57 },
  'ca-west-1': { city: 'Calgary', country: 'CA', area: 'CA', lat: 51.05, lon: -114.07 },
  'eu-central-1': { city: 'Frankfurt', country: 'DE', area: 'EU', lat: 50.11, lon: 8.68 },
  'eu-central-2': { city: 'Zurich', country: 'CH', area: 'CH', lat: 47.38, lon: 8.54 },
  'eu-north-1': { city: 'Stockholm', country: 'SE', area: 'EU', lat: 59.33, lon: 18.07 },
  'eu-south-1': { city: 'Milan', country: 'IT', area: 'EU', lat: 45.46, lon: 9.19 },
  'eu-south-2': { city: 'Zaragoza', country: 'ES', area: 'EU', lat: 41.65, lon: -0.89 },
  'eu-west-1': { city: 'Dublin', country: 'IE', area: 'EU', lat: 53.35, lon: -6.26 },
  'eu-west-2': { city: 'London', country: 'GB', area: 'UK', lat: 51.51, lon: -0.13 },
  'eu-west-3': { city: 'Paris', country: 'FR', area: 'EU', lat: 48.86, lon: 2.35 },
  'il-central-1': { city: 'Tel Aviv', country: 'IL', area: 'IL', lat: 32.09, lon: 34.78 },
  'me-central-1': { city: 'Dubai', country: 'AE', area: 'AE', lat: 25.2, lon: 55.27 },
  'me-south-1': { city: 'Manama', country: 'BH', area: 'BH', lat: 26.23, lon: 50.59 },
  'me-west-1': { city: 'Riyadh', country: 'SA', area: 'SA', lat: 24.69, lon: 46.72 },
  'mx-central-1': { city: 'Queretaro', country: 'MX', area: 'MX', lat: 20.59, lon: -100.39 },
  'sa-east-1': { city: 'Sao Paulo', country: 'BR', area: 'BR', lat: -23.55, lon: -46.63 },
  'sa-west-1': { city: 'Santiago', country: 'CL', area: 'CL', lat: -33.46, lon: -70.65 },
  'us-east-1': { city: 'Ashburn, Virginia', country: 'US', area: 'US', lat: 39.04, lon: -77.49 },
  'us-east-2': { city: 'Columbus, Ohio', country: 'US', area: 'US', lat: 39.96, lon: -83.0 },
  'us-west-1': {
    city: 'San Jose, California',
    country: 'US',
    area: 'US',
    lat: 37.34,
    lon: -121.89,
  },
  'us-west-2': { city: 'Boardman, Oregon', country: 'US', area: 'US', lat: 45.84, lon: -119.7 },
} as const satisfies Readonly<Record<string, Region>>;

/**
 * Regions that an account has before it asks; all younger ones have to be enabled first. Source: AWS
 * Account Management, "Enable or disable AWS Regions in your account".
 */
export const ENABLED_BY_DEFAULT: ReadonlySet<string> = new Set([
  ...['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-southeast-1'],
  ...['ap-southeast-2', 'ca-central-1', 'eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2'],
  ...['eu-west-3', 'sa-east-1', 'us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
]);
