import { AwsError } from './types.ts';

/**
 * Checks members that AWS requires and the SDK's schemas do not mark: each must be there and not
 * empty. `errorName` is what the service calls a bad input, such as `InvalidParameterException`.
 * @throws AwsError naming the first member that is missing.
 */
export function requireMembers<T extends object, K extends keyof T & string>(
  input: T,
  members: readonly K[],
  errorName = 'ValidationException',
): asserts input is T & { [M in K]: NonNullable<T[M]> } {
  for (const member of members) {
    const value = input[member];
    if (value !== undefined && value !== null && value !== '') continue;
    const what = `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must not be null`;
    throw new AwsError(errorName, what, {}, 400);
  }
}
