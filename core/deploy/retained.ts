/**
 * What a deleted stack leaves: tables and buckets with what was measured and decided, and the objects of the
 * switch. Their names are those of the templates, so a new stack has to take them over, or cannot be made.
 */
import { isTree, type Stack } from '../lint/model.ts';

export type Retained = {
  /** Logical name in its stack. */
  readonly id: string;
  readonly kind: 'table' | 'bucket';
  readonly name: string;
  readonly region: string;
  readonly role: string;
  /** `switch` holds no evidence: it is what answers DNS, and of no use without it. */
  readonly holds: 'evidence' | 'switch';
};

const KINDS: Readonly<Record<string, { kind: Retained['kind']; property: string }>> = {
  'AWS::DynamoDB::Table': { kind: 'table', property: 'TableName' },
  'AWS::S3::Bucket': { kind: 'bucket', property: 'BucketName' },
};

/** Of one stack, with names filled in. */
export const retainedIn = ({ role, region, resources }: Stack): Retained[] =>
  Object.entries(resources).flatMap(([id, { type, retained, properties }]) => {
    const known = KINDS[type];
    const name = isTree(properties) && known ? properties[known.property] : undefined;
    if (!retained || known === undefined || typeof name !== 'string') return [];
    const holds = role === 'switch' ? 'switch' : 'evidence';
    return [{ id, kind: known.kind, name, region, role, holds }];
  });
