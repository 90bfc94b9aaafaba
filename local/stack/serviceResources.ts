/**
 * How the resources of a service of ECS behind a load balancer are made in the embedded cloud. CloudFormation changes
 * what its template has changed, and nothing else: what runs already as it is wanted is left alone, and so is how many
 * tasks there are and how traffic is shared out.
 */
import {
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type TaskDefinition,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { DrillError } from '../../core/errors.ts';
import type { Clients } from './clients.ts';
import { lowerFirst, type Made, type Make } from './made.ts';

const present = <T>(value: T | undefined, what: string): T => {
  if (value !== undefined) return value;
  throw new DrillError('DataCorrupt', `an answer of the embedded cloud names no ${what}`);
};

const named = (arn: string): Made => ({ ref: arn, attributes: { Arn: arn } });

/** Parameters of templates are texts; CloudFormation takes them for numbers where those are wanted. */
const whole = z.coerce.number().int();

const LoadBalancer = z.strictObject({
  Name: z.string(),
  Type: z.literal('application'),
  Scheme: z.enum(['internet-facing', 'internal']),
  Subnets: z.array(z.string()),
});

const makeLoadBalancer: Make = async (properties, { elbv2 }) => {
  const made = await elbv2.send(new CreateLoadBalancerCommand(LoadBalancer.parse(properties)));
  return named(present(made.LoadBalancers?.[0]?.LoadBalancerArn, 'load balancer'));
};

const TargetGroup = z.strictObject({
  Name: z.string(),
  TargetType: z.literal('ip'),
  Protocol: z.literal('HTTP'),
  Port: whole,
  VpcId: z.string(),
  HealthCheckPath: z.string(),
  HealthCheckIntervalSeconds: whole,
  HealthCheckTimeoutSeconds: whole,
  HealthyThresholdCount: whole,
  UnhealthyThresholdCount: whole,
  TargetGroupAttributes: z.array(z.strictObject({ Key: z.string(), Value: z.string() })),
});

const makeTargetGroup: Make = async (properties, { elbv2 }) => {
  const { TargetGroupAttributes: Attributes, ...group } = TargetGroup.parse(properties);
  const made = await elbv2.send(new CreateTargetGroupCommand(group));
  const arn = present(made.TargetGroups?.[0]?.TargetGroupArn, 'target group');
  await elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes }));
  const fullName = arn.split(':').at(-1) ?? arn;
  return { ref: arn, attributes: { Arn: arn, TargetGroupFullName: fullName } };
};

const Listener = z.strictObject({
  LoadBalancerArn: z.string(),
  Port: whole,
  Protocol: z.literal('HTTP'),
  DefaultActions: z.array(
    z.strictObject({
      Type: z.literal('forward'),
      ForwardConfig: z.strictObject({
        TargetGroups: z.array(z.strictObject({ TargetGroupArn: z.string(), Weight: whole })),
      }),
    }),
  ),
});

const groupsIn = (actions: readonly Action[]): string[] =>
  (actions[0]?.ForwardConfig?.TargetGroups ?? [])
    .map(({ TargetGroupArn: arn }) => arn ?? '')
    .sort();

/** Traffic that is shared out between the same groups stays as it is. */
const makeListener: Make = async (properties, { elbv2 }) => {
  const wanted = Listener.parse(properties);
  const { LoadBalancerArn, Port, DefaultActions } = wanted;
  const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const found = Listeners.find((one) => one.Port === Port);
  if (found === undefined) {
    const made = await elbv2.send(new CreateListenerCommand(wanted));
    return named(present(made.Listeners?.[0]?.ListenerArn, 'listener'));
  }
  const ListenerArn = present(found.ListenerArn, 'listener');
  if (groupsIn(found.DefaultActions ?? []).join() !== groupsIn(DefaultActions).join()) {
    await elbv2.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }));
  }
  return named(ListenerArn);
};

const ListenerRule = z.strictObject({
  ListenerArn: z.string(),
  Priority: whole,
  Conditions: z.array(
    z.strictObject({
      Field: z.literal('http-header'),
      HttpHeaderConfig: z.strictObject({
        HttpHeaderName: z.string(),
        Values: z.array(z.string()),
      }),
    }),
  ),
  Actions: z.array(z.strictObject({ Type: z.literal('forward'), TargetGroupArn: z.string() })),
});

/** Known again by its priority, which no other rule of the listener has. */
const makeListenerRule: Make = async (properties, { elbv2 }) => {
  const wanted = ListenerRule.parse(properties);
  const { ListenerArn, Priority, Conditions, Actions } = wanted;
  const { Rules = [] } = await elbv2.send(new DescribeRulesCommand({ ListenerArn }));
  const found = Rules.find((one) => one.Priority === String(Priority));
  if (found === undefined) {
    const made = await elbv2.send(new CreateRuleCommand(wanted));
    return named(present(made.Rules?.[0]?.RuleArn, 'rule'));
  }
  const RuleArn = present(found.RuleArn, 'rule');
  await elbv2.send(new ModifyRuleCommand({ RuleArn, Conditions, Actions }));
  return named(RuleArn);
};

const Task = z.strictObject({
  Family: z.string(),
  NetworkMode: z.literal('awsvpc'),
  RequiresCompatibilities: z.array(z.literal('FARGATE')),
  Cpu: z.string(),
  Memory: z.string(),
  ExecutionRoleArn: z.string(),
  TaskRoleArn: z.string().optional(),
  ContainerDefinitions: z.array(
    z.strictObject({
      Name: z.string(),
      Image: z.string(),
      Essential: z.boolean(),
      PortMappings: z.array(z.strictObject({ ContainerPort: whole, Protocol: z.literal('tcp') })),
      Environment: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
      StopTimeout: whole,
      LogConfiguration: z.strictObject({
        LogDriver: z.literal('awslogs'),
        Options: z.record(z.string(), z.string()),
      }),
    }),
  ),
});

/** What of a definition makes tasks different, in a text that can be compared. */
const essence = (definition: TaskDefinition): string => {
  const { cpu, memory, executionRoleArn, taskRoleArn, containerDefinitions } = definition;
  const [one] = containerDefinitions ?? [];
  const environment = (one?.environment ?? []).map(({ name, value }) => `${name}=${value}`).sort();
  const ports = one?.portMappings?.map(({ containerPort }) => containerPort);
  const inside = [one?.name, one?.image, environment, ports, one?.stopTimeout];
  return JSON.stringify([cpu, memory, executionRoleArn, taskRoleArn ?? null, inside]);
};

/** The newest of a family that makes the same tasks; undefined where none does. */
const sameIn = async ({ ecs }: Clients, family: string, wanted: string) => {
  const { taskDefinitionArns = [] } = await ecs.send(
    new ListTaskDefinitionsCommand({ familyPrefix: family, sort: 'DESC', status: 'ACTIVE' }),
  );
  for (const arn of taskDefinitionArns) {
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: arn }),
    );
    if (taskDefinition?.family === family && essence(taskDefinition) === wanted) return arn;
  }
  return undefined;
};

const makeTask: Make = async (properties, clients) => {
  const input = lowerFirst(Task.parse(properties)) as RegisterTaskDefinitionCommandInput;
  const known = await sameIn(clients, input.family ?? '', essence(input));
  if (known !== undefined) return named(known);
  const { taskDefinition } = await clients.ecs.send(new RegisterTaskDefinitionCommand(input));
  return named(present(taskDefinition?.taskDefinitionArn, 'task definition'));
};

const Service = z.strictObject({
  Cluster: z.string(),
  ServiceName: z.string(),
  TaskDefinition: z.string(),
  /** CloudFormation begins with one task unless it is told another number. */
  DesiredCount: whole.default(1),
  LaunchType: z.literal('FARGATE'),
  NetworkConfiguration: z.strictObject({
    AwsvpcConfiguration: z.strictObject({
      Subnets: z.array(z.string()),
      SecurityGroups: z.array(z.string()),
      AssignPublicIp: z.enum(['ENABLED', 'DISABLED']),
    }),
  }),
  DeploymentConfiguration: z.strictObject({
    MinimumHealthyPercent: whole,
    MaximumPercent: whole,
    DeploymentCircuitBreaker: z.strictObject({ Enable: z.boolean(), Rollback: z.boolean() }),
  }),
  HealthCheckGracePeriodSeconds: whole,
  LoadBalancers: z.array(
    z.strictObject({
      TargetGroupArn: z.string(),
      ContainerName: z.string(),
      ContainerPort: whole,
    }),
  ),
});

const createInput = z.looseObject({
  cluster: z.string(),
  serviceName: z.string(),
  taskDefinition: z.string(),
});

const makeService: Make = async (properties, { ecs }) => {
  const wanted = Service.parse(properties);
  const { Cluster: cluster, ServiceName: name, TaskDefinition: taskDefinition } = wanted;
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [name] }),
  );
  const found = services.find(({ status }) => status === 'ACTIVE');
  if (found === undefined) {
    const made = await ecs.send(new CreateServiceCommand(createInput.parse(lowerFirst(wanted))));
    return named(present(made.service?.serviceArn, 'service'));
  }
  if (found.taskDefinition !== taskDefinition) {
    await ecs.send(new UpdateServiceCommand({ cluster, service: name, taskDefinition }));
  }
  return named(present(found.serviceArn, 'service'));
};

export const SERVICE_MAKERS: Readonly<Record<string, Make>> = {
  'AWS::ElasticLoadBalancingV2::LoadBalancer': makeLoadBalancer,
  'AWS::ElasticLoadBalancingV2::TargetGroup': makeTargetGroup,
  'AWS::ElasticLoadBalancingV2::Listener': makeListener,
  'AWS::ElasticLoadBalancingV2::ListenerRule': makeListenerRule,
  'AWS::ECS::TaskDefinition': makeTask,
  'AWS::ECS::Service': makeService,
};
