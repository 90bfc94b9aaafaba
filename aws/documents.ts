/** JSON documents and files in S3: configurations, sources, plans and reports. */
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

export const openDocuments = (bucket: string, sdk: SdkSettings = {}) => {
  const client = new S3Client({ maxAttempts: MAX_ATTEMPTS, forcePathStyle: true, ...sdk });

  /**
   * Reads and parses one document.
   * @throws DrillError `DrillNotFound` when there is none, `DataCorrupt` when it does not fit the schema.
   */
  const read = async <T extends z.ZodType>(
    key: string,
    schema: T,
    signal?: AbortSignal,
  ): Promise<z.output<T>> => {
    const text = await client
      .send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
        signal ? { abortSignal: signal } : {},
      )
      .then((answer) => answer.Body?.transformToString() ?? '')
      .catch((error: unknown) => {
        if (!isAwsError(error, 'NoSuchKey', 'NotFound')) throw error;
        throw new DrillError('DrillNotFound', `no document ${key} in bucket ${bucket}`);
      });
    return parsed(text, schema, `s3://${bucket}/${key}`);
  };

  const write = async (key: string, document: unknown, signal?: AbortSignal): Promise<void> => {
    const body = JSON.stringify(document);
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentType: 'application/json',
      }),
      signal ? { abortSignal: signal } : {},
    );
  };

  const writeFile = async (key: string, body: Uint8Array, contentType: string): Promise<void> => {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }),
    );
  };

  return { read, write, writeFile };
};

export type Documents = ReturnType<typeof openDocuments>;

const parsed = <T extends z.ZodType>(text: string, schema: T, where: string): z.output<T> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DrillError('DataCorrupt', `${where} is not JSON`, {}, cause);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DrillError(
    'DataCorrupt',
    `${where} does not fit its schema: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};
