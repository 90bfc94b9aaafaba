/** Hears every event of ours on a bus of the embedded EventBridge: a rule, and the far end of its target. */
import * as eventsSdk from '@aws-sdk/client-eventbridge';
import type { Gateway } from '../../local/delivery/deliveries.ts';

export type Heard = { readonly type: string; readonly detail: Record<string, unknown> };

type Sdk = {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** The far end that keeps what it is handed. */
export const hearingGateway = (heard: Heard[]): Gateway => ({
  call: async ({ input }) => {
    const { Payload } = input as { Payload: Uint8Array };
    const event = JSON.parse(Buffer.from(Payload).toString());
    heard.push({ type: event['detail-type'], detail: event.detail });
    return {};
  },
});

/** Puts up the rule. */
export const hearAll = async (sdk: Sdk): Promise<void> => {
  const bus = new eventsSdk.EventBridgeClient(sdk);
  const EventPattern = JSON.stringify({ source: ['failover-drill'] });
  await bus.send(new eventsSdk.PutRuleCommand({ Name: 'all', EventPattern }));
  const Arn = `arn:aws:lambda:${sdk.region}:000000000000:function:hears`;
  await bus.send(new eventsSdk.PutTargetsCommand({ Rule: 'all', Targets: [{ Id: 'one', Arn }] }));
  bus.destroy();
};
