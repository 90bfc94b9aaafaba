/** Bucket policies, as far as they say what anybody may read. */
import type * as S3 from '@aws-sdk/client-s3';
import * as z from 'zod';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import type { Bucket, BucketInfo } from './store.ts';

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

const patternOf = (resource: string): RegExp => {
  const source = resource.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${source.replace(/\?/g, '.')}$`, 's');
};

/** What a policy makes public; a bucket is described anew when its policy changes. */
const publicOf = new WeakMap<BucketInfo, readonly RegExp[]>();

const patternsOf = (info: BucketInfo): readonly RegExp[] => {
  const known = publicOf.get(info);
  if (known) return known;
  const statements = info.policy === undefined ? [] : readPolicy(info.policy).Statement;
  const patterns = statements.flatMap(({ Resource }) => Resource.map(patternOf));
  publicOf.set(info, patterns);
  return patterns;
};

/** Whether the bucket lets anybody read the object. */
const isPublic = ({ info }: Bucket, key: string): boolean => {
  const arn = `arn:aws:s3:::${info.name}/${key}`;
  return patternsOf(info).some((pattern) => pattern.test(arn));
};

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
        if (!reads) throw denied();
        const [bucket, key] = [bucketOf(input.Bucket, call), input.Key ?? ''];
        if (!bucket.objects.has(key) || !isPublic(bucket, key)) throw denied();
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
