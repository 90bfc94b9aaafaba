/** The SSM parameter that says where Slack messages go. */
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import type { Clients } from './clients.ts';
import { storedParameter } from './parameters.ts';

/** The sink's path holds a secret that stays the same; its port does not. */
const isSink = (value: string, sinkUrl: string): boolean =>
  URL.canParse(value) && new URL(value).pathname === new URL(sinkUrl).pathname;

/** Where messages go. */
export type SlackRoute = 'sink' | 'webhook';

/** Stores the webhook: the one that is given, else a real one that is stored already, else the sink's. */
export const ensureWebhook = async (
  { ssm }: Clients,
  name: string,
  sinkUrl: string,
  given: string | undefined,
): Promise<SlackRoute> => {
  const stored = await storedParameter(ssm, name);
  const kept = stored === undefined || isSink(stored, sinkUrl) ? undefined : stored;
  const real = given === undefined ? kept : given || undefined;
  const value = real ?? sinkUrl;
  if (value !== stored) {
    await ssm.send(
      new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString', Overwrite: true }),
    );
  }
  return real === undefined ? 'sink' : 'webhook';
};
