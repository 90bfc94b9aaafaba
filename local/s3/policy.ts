/** Bucket policies, as far as they say what anybody may read. */
import type * as S3 from '@aws-sdk/client-s3';
import * as z from 'zod';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import type { Bucket } from './store.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** The only statement that is taken: anybody may read some objects. Anything else is refused. */
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.literal('Allow'),
  Principal: z.union([z.literal('*'), z.strictObject({ AWS: z.literal('*') })]),
  Action: oneOrMore.pipe(z.array(z.literal('s3:GetObject')).min(1)),
  Resource: oneOrMore.pipe(z.array(z.string().regex(/^arn:aws:s3:::[^/]+\/.+$/)).min(1)),
});

const policySchema = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement).min(1)]).transform((value) => [value].flat()),
});

const malformed = (why: string) =>
  new AwsError('MalformedPolicy', `Policies must let everybody do s3:GetObject: ${why}`, {}, 400);

const readPolicy = (text: string): z.infer<typeof policySchema> => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed('this one is not JSON');
  }
  const parsed = policySchema.safeParse(json);
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error));
  return parsed.data;
};

const matches = (pattern: string, text: string): boolean => {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${source.replace(/\?/g, '.')}$`, 's').test(text);
};

/** Whether the bucket lets anybody read the object. */
const isPublic = ({ info }: Bucket, key: string): boolean =>
  info.policy !== undefined &&
  readPolicy(info.policy).Statement.some(({ Resource }) =>
    Resource.some((pattern) => matches(pattern, `arn:aws:s3:::${info.name}/${key}`)),
  );

const denied = () => new AwsError('AccessDenied', 'Access Denied', {}, 403);

type BucketOf = (name: string | undefined, call: CallContext) => Bucket;

/**
 * The operations as those who sign may use them, and those who do not: they may read what a policy
 * makes public, and do not learn whether anything else is there.
 */
export const guarded = (operations: Operations, bucketOf: BucketOf): Operations =>
  Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (input: S3.GetObjectCommandInput, call: CallContext) => {
        if (call.accessKeyId !== '') return run(input, call);
        const reads = name === 'GetObject' || name === 'HeadObject';
        if (!reads || !bucketOf(input.Bucket, call).objects.has(input.Key ?? '')) throw denied();
        if (!isPublic(bucketOf(input.Bucket, call), input.Key ?? '')) throw denied();
        return run(input, call);
      },
    ]),
  );

export const policyOperations = (
  bucketOf: BucketOf,
  setPolicy: (bucket: string, policy: string | undefined) => Promise<void>,
) =>
  ({
    PutBucketPolicy: async (input: S3.PutBucketPolicyCommandInput, call: CallContext) => {
      const { info } = bucketOf(input.Bucket, call);
      const text = input.Policy ?? '';
      const own = readPolicy(text).Statement.every(({ Resource }) =>
        Resource.every((resource) => resource.startsWith(`arn:aws:s3:::${info.name}/`)),
      );
      if (!own) throw malformed('it names another bucket');
      await setPolicy(info.name, text);
      return {};
    },
    GetBucketPolicy: (input: S3.GetBucketPolicyCommandInput, call: CallContext) => {
      const { info } = bucketOf(input.Bucket, call);
      if (info.policy !== undefined) return { Policy: info.policy };
      const what = 'The bucket policy does not exist';
      throw new AwsError('NoSuchBucketPolicy', what, { BucketName: info.name }, 404);
    },
    DeleteBucketPolicy: async (input: S3.DeleteBucketPolicyCommandInput, call: CallContext) => {
      await setPolicy(bucketOf(input.Bucket, call).info.name, undefined);
      return {};
    },
  }) satisfies Operations;
