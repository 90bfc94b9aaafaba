/** What IAM is asked for operations of ECS. */
import type { AccessRequest, ConditionContext } from '../../core/iam/policy.ts';
import { type Ask, arn, type Called, fieldOf, lastOf, listOf, one, text } from './asking.ts';

const cluster = (called: Called): string => lastOf(called.input['cluster'], '/') || 'default';

const taskArn = (called: Called, task: unknown): string => {
  const given = text(task);
  return given.startsWith('arn:') ? given : arn(called, 'ecs', `task/${cluster(called)}/${given}`);
};

const passed = (roles: readonly unknown[]): AccessRequest[] =>
  roles.flatMap((role) =>
    text(role) === ''
      ? []
      : [one('iam:PassRole', text(role), { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' })],
  );

const definitionArn = (called: Called, definition: string): string =>
  definition.startsWith('arn:') ? definition : arn(called, 'ecs', `task-definition/${definition}`);

/** What creates something with tags must be allowed to tag it. */
const tagged = (called: Called, resource: string): AccessRequest[] =>
  listOf(called.input['tags']).length === 0
    ? []
    : [one('ecs:TagResource', resource, { 'ecs:CreateAction': called.operation })];

const clusterContext = (called: Called): ConditionContext => ({
  'ecs:cluster': arn(called, 'ecs', `cluster/${cluster(called)}`),
});

/**
 * Where AWS's service authorization reference names a resource and refusals that people report name `*`: a role is
 * held to both, so that it serves whichever ECS asks for. Sources: github.com/cdklabs/construct-hub/pull/1207
 * for ListTasks, github.com/aws/containers-roadmap/issues/929 for RegisterTaskDefinition.
 */
const eitherWay = (resource: string): readonly string[] => [resource, '*'];

export const ECS_ACTIONS: Readonly<Record<string, Ask>> = {
  RegisterTaskDefinition: (called) => [
    ...eitherWay(arn(called, 'ecs', `task-definition/${text(called.input['family'])}:*`)).map(
      (resource) => one('ecs:RegisterTaskDefinition', resource),
    ),
    ...passed([called.input['executionRoleArn'], called.input['taskRoleArn']]),
    ...tagged(called, arn(called, 'ecs', `task-definition/${text(called.input['family'])}:new`)),
  ],
  RunTask: async (called, { taskRoles }) => {
    const definition = text(called.input['taskDefinition']);
    const overrides = called.input['overrides'];
    const roles = [
      ...(await taskRoles(called.region, definition)),
      fieldOf(overrides, 'executionRoleArn'),
      fieldOf(overrides, 'taskRoleArn'),
    ];
    return [
      one('ecs:RunTask', definitionArn(called, definition), clusterContext(called)),
      ...passed(roles),
      ...tagged(called, arn(called, 'ecs', `task/${cluster(called)}/new`)),
    ];
  },
  DescribeTasks: (called) =>
    listOf(called.input['tasks']).map((task) =>
      one('ecs:DescribeTasks', taskArn(called, task), clusterContext(called)),
    ),
  StopTask: (called) => [
    one('ecs:StopTask', taskArn(called, called.input['task']), clusterContext(called)),
  ],
  ListTasks: (called) =>
    eitherWay(arn(called, 'ecs', `container-instance/${cluster(called)}/*`)).map((resource) =>
      one('ecs:ListTasks', resource, clusterContext(called)),
    ),
  DescribeServices: (called) =>
    listOf(called.input['services']).map((service) =>
      one(
        'ecs:DescribeServices',
        arn(called, 'ecs', `service/${cluster(called)}/${lastOf(service, '/')}`),
        clusterContext(called),
      ),
    ),
  UpdateService: async (called, { taskRoles }) => {
    const definition = text(called.input['taskDefinition']);
    return [
      one(
        'ecs:UpdateService',
        arn(called, 'ecs', `service/${cluster(called)}/${lastOf(called.input['service'], '/')}`),
        clusterContext(called),
      ),
      // Another version of the service starts with the roles that it names.
      ...passed(definition === '' ? [] : await taskRoles(called.region, definition)),
    ];
  },
  DescribeTaskDefinition: () => [one('ecs:DescribeTaskDefinition', '*')],
};
