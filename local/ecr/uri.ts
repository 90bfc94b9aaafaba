import { ACCOUNT_ID } from '../wire/types.ts';

/** An image in the embedded registry, named as on AWS. */
export type EcrImageUri = {
  readonly accountId: string;
  readonly region: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
};

const URI =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9._/-]+?)(?::([\w.-]{1,128}))?(?:@(sha256:[0-9a-f]{64}))?$/;

export const registryHost = (region: string, accountId = ACCOUNT_ID): string =>
  `${accountId}.dkr.ecr.${region}.amazonaws.com`;

export const repositoryUri = (region: string, repository: string): string =>
  `${registryHost(region)}/${repository}`;

/** Undefined when the text names no image of an ECR registry. */
export const parseEcrUri = (text: string): EcrImageUri | undefined => {
  const match = URI.exec(text);
  if (!match) return undefined;
  const [, accountId = '', region = '', repository = '', tag, digest] = match;
  return { accountId, region, repository, tag, digest };
};
