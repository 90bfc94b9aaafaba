/**
 * Tables and buckets that a former deployment has kept, and a new stack takes over: CloudFormation imports what is there
 * into a stack that holds nothing else yet, and osls adds the rest. Rules of an import: its user guide, "Import AWS
 * resources into a CloudFormation stack manually": a deletion policy, no outputs, and the name as identifier.
 */
import type { Stack } from '../lint/model.ts';
import type { Retained } from './retained.ts';

type Tags = Readonly<Record<string, string>>;

/** What CloudFormation is told of an import. */
export type Adoption = {
  readonly templateBody: string;
  readonly resources: readonly {
    readonly type: string;
    readonly id: string;
    readonly identifier: Tags;
  }[];
  readonly tags: Tags;
};

/** Tags that a stack of ours hands on and that are not on what was found; none where it is ours. */
export const missingTags = (wanted: Tags, found: Tags): string[] =>
  Object.entries(wanted)
    .filter(([key, value]) => found[key] !== value)
    .map(([key, value]) => `${key}=${value}`);

const IDENTIFIER = { table: 'TableName', bucket: 'BucketName' } as const;

/** The stack with nothing in it but what is taken over, as its template describes that. */
export const adoptionOf = (
  { resources, tags }: Stack,
  adopted: readonly Pick<Retained, 'id' | 'kind' | 'name'>[],
): Adoption => {
  const imported = adopted.flatMap(({ id, kind, name }) => {
    const resource = resources[id];
    if (resource === undefined) return [];
    // `Arn` is what the model adds.
    const { Arn: _, ...properties } = resource.properties;
    return [{ id, type: resource.type, properties, identifier: { [IDENTIFIER[kind]]: name } }];
  });
  const template = imported.map(({ id, type, properties }) => [
    id,
    {
      Type: type,
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: properties,
    },
  ]);
  return {
    templateBody: JSON.stringify({ Resources: Object.fromEntries(template) }),
    resources: imported.map(({ id, type, identifier }) => ({ id, type, identifier })),
    tags,
  };
};
