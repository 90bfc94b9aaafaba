/** The Slack webhook that a person gives in the environment. It is a secret: no error repeats it. */
import path from 'node:path';
import { DrillError } from '../../core/errors.ts';
import { shownPath } from '../dataFolder.ts';
import type { Session } from './session.ts';

const VARIABLE = 'FAILOVER_SLACK_WEBHOOK';

/**
 * The URL; empty for the sink of the embedded cloud; undefined when nothing is said.
 * @throws DrillError `InputInvalid`
 */
export const webhookFrom = (env: NodeJS.ProcessEnv): string | undefined => {
  const value = env[VARIABLE]?.trim();
  if (value === undefined || value === '') return value;
  const protocol = URL.canParse(value) ? new URL(value).protocol : '';
  if (protocol === 'https:' || protocol === 'http:') return value;
  throw new DrillError(
    'InputInvalid',
    `${VARIABLE} holds no http or https URL (its value is a secret and is not shown). Set it to an incoming webhook, or unset it`,
  );
};

/** Where messages go, for people. */
export const slackText = ({ installation }: Session, dataDir: string): string =>
  installation.slack === 'webhook'
    ? 'Slack: messages go to the webhook that was stored'
    : `Slack: messages are kept in ${shownPath(path.join(dataDir, 'slack', 'messages.jsonl'))} (set ${VARIABLE} to send them)`;
