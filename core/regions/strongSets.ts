/**
 * Regions among which DynamoDB keeps a table with multi-Region strong consistency: three of one set. Source:
 * GlobalTableWitness in the CloudFormation reference, and "How DynamoDB global tables work"; the SDK of 30 November 2026
 * (3.1169.0) names the same ones.
 */
export const STRONG_SETS: readonly (readonly string[])[] = [
  ['us-east-1', 'us-east-2', 'us-west-2'],
  ['eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1'],
  ['ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
];
