/** What the roles of a stack allow. */
import { isTree, listOf, type Place, type Stack, type Tree, treeOf, within } from './model.ts';

export type Grant = {
  /** Logical name of the role. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  /** The condition of its statement; empty where there is none. */
  readonly condition: Tree;
  /** Of its statement. */
  readonly place: Place;
};

const oneOrMore = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).map(String);

export const ROLE = 'AWS::IAM::Role';
const FUNCTION = 'AWS::Lambda::Function';

/** Every action with every resource that a role of a stack allows. */
export const grantsOf = ({ resources }: Stack): Grant[] =>
  Object.entries(resources).flatMap(([role, { type, properties, place }]) => {
    if (type !== ROLE) return [];
    return listOf(properties['Policies']).flatMap((policy, p) =>
      listOf(treeOf(treeOf(policy)['PolicyDocument'])['Statement']).flatMap((statement, s) => {
        if (!isTree(statement) || statement['Effect'] !== 'Allow') return [];
        const at = within(place, 'Policies', p, 'PolicyDocument', 'Statement', s);
        const condition = treeOf(statement['Condition']);
        return oneOrMore(statement['Action']).flatMap((action) =>
          oneOrMore(statement['Resource']).map((resource) => ({
            role,
            action,
            resource,
            condition,
            place: at,
          })),
        );
      }),
    );
  });

/** Logical name of the role of a function, by the function's folder. */
export const roleOfFunction = (stack: Stack, folder: string): string | undefined => {
  const found = Object.values(stack.resources).find(
    ({ type, properties }) => type === FUNCTION && properties['Folder'] === folder,
  );
  const arn = found?.properties['Role'];
  return Object.entries(stack.resources).find(
    ([, { type, properties }]) => type === ROLE && properties['Arn'] === arn,
  )?.[0];
};
