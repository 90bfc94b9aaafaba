/** All services on one endpoint. */
import * as cloudwatchSdk from '@aws-sdk/client-cloudwatch';
import * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import * as codebuildSdk from '@aws-sdk/client-codebuild';
import * as ecrSdk from '@aws-sdk/client-ecr';
import * as ecsSdk from '@aws-sdk/client-ecs';
import * as elbv2Sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import * as eventbridgeSdk from '@aws-sdk/client-eventbridge';
import * as lambdaSdk from '@aws-sdk/client-lambda';
import * as route53Sdk from '@aws-sdk/client-route-53';
import * as s3Sdk from '@aws-sdk/client-s3';
import * as schedulerSdk from '@aws-sdk/client-scheduler';
import * as sfnSdk from '@aws-sdk/client-sfn';
import * as ssmSdk from '@aws-sdk/client-ssm';
import * as stsSdk from '@aws-sdk/client-sts';
import { ec2Front } from '../ec2/service.ts';
import type { Network } from '../network/network.ts';
import { createSts } from '../sts/service.ts';
import type { DispatcherOptions } from '../wire/dispatcher.ts';
import { startWireServer } from '../wire/server.ts';
import { serviceFromSdk } from '../wire/service.ts';
import type { Compute } from './compute.ts';
import type { Control } from './control.ts';
import type { Storage } from './storage.ts';

type Options = {
  readonly port: number;
  readonly network: Network;
  readonly authorize: NonNullable<DispatcherOptions['authorize']>;
  readonly onFault: (error: unknown, what: string) => void;
};

export const openWire = (
  { port, network, onFault, authorize }: Options,
  { storage, compute, control }: { storage: Storage; compute: Compute; control: Control },
) => {
  const faults = { onFault };
  return startWireServer({
    host: '127.0.0.1',
    port,
    authorize,
    arrive: network.arriveHook,
    delay: network.delayHook,
    services: [
      storage.dynamodb.front,
      serviceFromSdk(cloudwatchSdk, 'monitoring', storage.cloudwatch.operations, faults),
      serviceFromSdk(codebuildSdk, 'codebuild', compute.codebuild.operations, faults),
      ec2Front({ interfaces: compute.ecs.interfaces, onFault }),
      serviceFromSdk(ecrSdk, 'ecr', storage.ecr.operations, faults),
      serviceFromSdk(ecsSdk, 'ecs', compute.ecs.operations, faults),
      serviceFromSdk(elbv2Sdk, 'elasticloadbalancing', compute.elbv2.operations, faults),
      serviceFromSdk(eventbridgeSdk, 'events', control.eventbridge.operations, faults),
      serviceFromSdk(lambdaSdk, 'lambda', compute.lambda.operations, faults),
      serviceFromSdk(logsSdk, 'logs', storage.logs.operations, faults),
      serviceFromSdk(route53Sdk, 'route53', storage.route53.operations, faults),
      serviceFromSdk(s3Sdk, 's3', storage.s3.operations, faults),
      serviceFromSdk(schedulerSdk, 'scheduler', control.scheduler.operations, faults),
      serviceFromSdk(sfnSdk, 'states', control.stepFunctions.operations, faults),
      serviceFromSdk(ssmSdk, 'ssm', storage.ssm.operations, faults),
      serviceFromSdk(stsSdk, 'sts', createSts().operations, faults),
    ],
  });
};
