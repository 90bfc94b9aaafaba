/** Names of images in ECR, which has a registry of its own in each region. */
import { DrillError } from '../errors.ts';

const NAME = /^(\d{12}\.dkr\.ecr\.)[a-z0-9-]+(\.amazonaws\.com(?:\.cn)?\/.+)$/;

/**
 * The name that an image, or a repository, has in another region of its account.
 * @throws DrillError `ConfigInvalid` for a name of another registry
 */
export const nameIn = (region: string, name: string): string => {
  const [, account, rest] = NAME.exec(name) ?? [];
  if (account === undefined || rest === undefined) {
    throw new DrillError(
      'ConfigInvalid',
      `${name} names no image of ECR, as the build pushes them`,
    );
  }
  return `${account}${region}${rest}`;
};
