// Goal: what the lint, the documents and the embedded cloud read of a role is what osls deploys.
// Method: each role of each compiled template beside the same role as `readStack` has it.
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { ofType, ROLES, type Role, type Template, templates } from './templates.ts';

const COMPILE_MS = 900_000;
const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';

let all: Record<Role, Template>;
beforeAll(async () => {
  all = await templates();
}, COMPILE_MS);

const stackOf = (role: Role) =>
  readStack({
    folder: PROJECT_FOLDER,
    role,
    region: REGION,
    accountId: ACCOUNT,
    params: { service: 'shop' },
  });

/** The intrinsic functions of a compiled template, by what `readStack` says the resources are called. */
const resolved = (value: unknown, { resources }: ReturnType<typeof stackOf>): unknown => {
  const pseudo: Record<string, string> = {
    'AWS::AccountId': ACCOUNT,
    'AWS::Region': REGION,
    'AWS::Partition': 'aws',
  };
  const arnOf = (id: string): string => String(resources[id]?.properties['Arn']);
  const refOf = (id: string): string => {
    const { type = '', properties = {} } = resources[id] ?? {};
    return type === 'AWS::StepFunctions::StateMachine'
      ? arnOf(id)
      : String(properties['BucketName']);
  };
  const go = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(go).filter((one) => one !== undefined);
    if (typeof item !== 'object' || item === null) return item;
    const { Ref: ref, 'Fn::Sub': sub, 'Fn::GetAtt': attribute } = item as Record<string, unknown>;
    // Without an address, a certificate or a role, no condition of the templates holds.
    if ('Fn::If' in item && Array.isArray(item['Fn::If'])) return go(item['Fn::If'][2]);
    if (ref === 'AWS::NoValue') return undefined;
    if (typeof ref === 'string') return refOf(ref);
    if (Array.isArray(attribute)) return arnOf(String(attribute[0]));
    if (typeof sub === 'string') {
      return sub.replace(/\$\{([\w:.]+)\}/g, (_, name: string) =>
        name.endsWith('.Arn') ? arnOf(name.slice(0, -4)) : (pseudo[name] ?? refOf(name)),
      );
    }
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, go(inner)]));
  };
  return go(value);
};

describe.each(ROLES)('role %s', (role) => {
  it('has the same roles with the same policies, and the same function for each', () => {
    const stack = stackOf(role);
    for (const [id, { Properties }] of ofType(all[role], 'AWS::IAM::Role')) {
      const { Arn: _arn, ...own } = stack.resources[id]?.properties ?? {};
      expect(own, id).toEqual(resolved(Properties, stack));
    }
    for (const [id, { Properties }] of ofType(all[role], 'AWS::Lambda::Function')) {
      expect(stack.resources[id]?.properties, id).toMatchObject({
        FunctionName: Properties['FunctionName'],
        Role: resolved(Properties['Role'], stack),
      });
    }
    const kept = Object.entries(stack.resources).filter(([, { retained }]) => retained);
    for (const [id] of kept)
      expect(all[role].Resources[id]).toMatchObject({ DeletionPolicy: 'Retain' });
  });
});
