import { ACCOUNT_ID, AwsError } from '../wire/types.ts';

const FORM =
  /^(?:arn:(aws[\w-]*):lambda:([a-z0-9-]+):(\d{12}):function:|(\d{12}):function:|function:)?([\w-]{1,140})(?::(\$LATEST|[\w-]+))?$/;

export type FunctionRef = { readonly name: string; readonly qualifier: string | undefined };

export const notFound = (region: string, { name, qualifier }: FunctionRef): AwsError => {
  const arn = `arn:aws:lambda:${region}:${ACCOUNT_ID}:function:${name}`;
  const message = `Function not found: ${qualifier === undefined ? arn : `${arn}:${qualifier}`}`;
  return new AwsError('ResourceNotFoundException', message, { Type: 'User' });
};

/**
 * Reads a function name, partial ARN or ARN, with or without a qualifier.
 * @throws AwsError when it is none of these or belongs to another region.
 */
export const parseFunctionName = (
  text: string,
  region: string,
  qualifier: string | undefined,
): FunctionRef => {
  const match = FORM.exec(text);
  const name = match?.[5];
  if (match === null || name === undefined) {
    const message = `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must be a function name or ARN`;
    throw new AwsError('ValidationException', message, {}, 400);
  }
  const asked = match[2];
  if (asked !== undefined && asked !== region) {
    const message = `Functions from '${asked}' are not reachable in this region ('${region}')`;
    throw new AwsError('ResourceNotFoundException', message, { Type: 'User' });
  }
  const ref = { name, qualifier: match[6] ?? qualifier };
  const account = match[3] ?? match[4];
  if (account !== undefined && account !== ACCOUNT_ID) throw notFound(region, ref);
  return ref;
};
