/**
 * The switch objects of driver `quorum`: one in each of three regions' buckets. Each region has a
 * client and a time limit of its own, so that a dark one does not hold the others.
 */
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { canonicalJson } from '../core/evidence/canonical.ts';
import {
  type FoundSwitch,
  type SwitchBody,
  type SwitchWrite,
  switchText,
  type WriteResult,
} from '../core/failover/switchObjects.ts';
import { isAwsError, perRegion, type SdkSettings } from './sdk.ts';

const READ_TIMEOUT_MS = 2_000;
const WRITE_TIMEOUT_MS = 3_000;
const TEXT_MAX = 20_000;

export type SwitchObject = {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
};

const Body = z.strictObject({
  state: z.enum(['home', 'standby']),
  epoch: z.int().min(0),
  decisionId: z.string(),
  evidenceHash: z.string(),
  rehearsal: z.literal(true).exactOptional(),
  expiresAtMs: z.number(),
  signature: z.string(),
});

/** A switch as it was read, with the text of it, and why nothing is known where nothing is. */
export type ReadSwitch = FoundSwitch & {
  readonly text: string | null;
  readonly requestId: string | null;
  readonly why: string;
};

export type WrittenSwitch = WriteResult & {
  readonly requestId: string | null;
  readonly why: string;
};

const Metadata = z.object({ $metadata: z.object({ requestId: z.string().optional() }) });

const requestIdOf = (answer: unknown): string | null =>
  Metadata.safeParse(answer).data?.$metadata.requestId ?? null;

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : String(error);

/** Signs a text; it always gives the same for the same. */
export type Sign = (text: string) => string;

const NOTHING = { epoch: null, decisionId: null, state: null } as const;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/**
 * What an object says. One that is not signed so says nothing: its epoch must not hold up a
 * flip, whoever wrote it.
 */
const saidBy = (text: string, sign: Sign) => {
  const parsed = Body.safeParse(isJson(text) ? JSON.parse(text) : undefined);
  if (!parsed.success) return { ...NOTHING, why: 'the object is no switch' };
  const { signature, ...body } = parsed.data;
  if (signature !== sign(canonicalJson(body))) {
    return { ...NOTHING, why: 'the signature does not fit' };
  }
  const { epoch, decisionId, state, rehearsal } = body;
  const said = { epoch, decisionId, state, why: `${state} at epoch ${epoch}` };
  return rehearsal ? { ...said, rehearsal } : said;
};

const conditionOf = (condition: SwitchWrite['condition']) =>
  'ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: '*' };

/** Answers of S3 to a condition that does not hold, or that a rival write was faster to meet. */
const REFUSED = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey', 'NotFound'];

/** `sign` signs what is written, and what is read has to bear its signature. */
export const openDnsSwitch = (sign: Sign, sdk: SdkSettings = {}) => {
  const { at, close } = perRegion(
    (region) => new S3Client({ maxAttempts: 1, forcePathStyle: true, ...sdk, region }),
  );

  const readOne = async (object: SwitchObject, signal: AbortSignal): Promise<ReadSwitch> => {
    const { region, bucket, key: Key } = object;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]);
    const nothing = { region, etag: null, text: null, ...NOTHING };
    try {
      const answer = await at(region).send(new GetObjectCommand({ Bucket: bucket, Key }), {
        abortSignal: limit,
      });
      const text = ((await answer.Body?.transformToString()) ?? '').slice(0, TEXT_MAX);
      const said = saidBy(text, sign);
      const { ETag: etag = null } = answer;
      return { region, reachable: true, etag, text, requestId: requestIdOf(answer), ...said };
    } catch (error) {
      const absent = isAwsError(error, 'NoSuchKey', 'NotFound');
      const why = absent ? 'there is no object' : reasonOf(error);
      return { ...nothing, reachable: absent, requestId: requestIdOf(error), why };
    }
  };

  const put = async (
    object: SwitchObject,
    text: string,
    condition: SwitchWrite['condition'],
    signal: AbortSignal,
  ): Promise<WrittenSwitch> => {
    const { region, bucket, key: Key } = object;
    const limit = AbortSignal.any([signal, AbortSignal.timeout(WRITE_TIMEOUT_MS)]);
    try {
      const answer = await at(region).send(
        new PutObjectCommand({
          Bucket: bucket,
          Key,
          Body: text,
          ContentType: 'application/json',
          CacheControl: 'no-store',
          ...conditionOf(condition),
        }),
        { abortSignal: limit },
      );
      return { region, result: 'written', requestId: requestIdOf(answer), why: '' };
    } catch (error) {
      const refused = isAwsError(error, ...REFUSED);
      const result = refused ? 'condition-failed' : 'failed';
      return { region, result, requestId: requestIdOf(error), why: reasonOf(error) };
    }
  };

  return {
    /** All of them at once. What cannot be read is in the answer as not reachable. */
    read: (objects: readonly SwitchObject[], signal: AbortSignal): Promise<ReadSwitch[]> =>
      Promise.all(objects.map((object) => readOne(object, signal))),
    /** Writes one signed body under the condition of the plan. */
    write: (
      object: SwitchObject,
      body: SwitchBody,
      condition: SwitchWrite['condition'],
      signal: AbortSignal,
    ): Promise<WrittenSwitch> => put(object, switchText(body, sign), condition, signal),
    /** Writes a text that was read, here or from another object: proof that it can be written. */
    rewrite: (
      object: SwitchObject,
      text: string,
      condition: SwitchWrite['condition'],
      signal: AbortSignal,
    ): Promise<WrittenSwitch> => put(object, text, condition, signal),
    close,
  };
};

export type DnsSwitch = ReturnType<typeof openDnsSwitch>;
