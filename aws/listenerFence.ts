/**
 * A fence of a load balancer that somebody else runs: one rule, before all others, that answers 503 to whoever asks for
 * the name that fails over. What the rules of its owner say stays as it is.
 */
import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import type { ListenerFound } from '../core/deploy/fencedListener.ts';
import { regionOfListener } from '../events/fencedListener.ts';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** One service at one listener. */
type FencedListener = {
  /** ARN. */
  readonly listener: string;
  readonly service: string;
  /** Who asks for this name is kept out. */
  readonly record: string;
};

/** `unknown` may have been carried out: a call that timed out is no fence. */
export type ListenerFenced = {
  readonly result: 'done' | 'refused' | 'unknown';
  readonly why: string;
};

/** All calls for one listener together; nothing waits longer for a region that does not answer. */
const WITHIN_MS = 3_000;
/** Before every other rule, as a priority is taken once. */
const FIRST = 1;
/** One page has all rules that a load balancer may have. */
const RULES_MAX = 400;

const Rules = z.array(
  z.object({
    RuleArn: z.string(),
    Priority: z.string(),
    Actions: z
      .array(
        z.object({
          FixedResponseConfig: z.object({ MessageBody: z.string().optional() }).optional(),
        }),
      )
      .default([]),
  }),
);
type Rule = z.output<typeof Rules>[number];

/** What is answered, and by what a rule is known to be ours. */
const bodyFor = ({ service }: FencedListener): string =>
  `failover-drill: ${service} is served from another region`;

const isOurs =
  (fence: FencedListener) =>
  ({ Actions }: Rule): boolean =>
    Actions.some(({ FixedResponseConfig }) => FixedResponseConfig?.MessageBody === bodyFor(fence));

const isFirst = ({ Priority }: Rule): boolean => Priority === String(FIRST);

export const openListenerFences = (sdk: SdkSettings = {}) => {
  const within = async <T>(
    { listener }: FencedListener,
    signal: AbortSignal,
    work: (client: ElasticLoadBalancingV2Client, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const region = regionOfListener(listener);
    const client = new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });
    try {
      return await work(client, AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]));
    } finally {
      client.destroy();
    }
  };

  const rulesOf = async (
    client: ElasticLoadBalancingV2Client,
    { listener }: FencedListener,
    abortSignal: AbortSignal,
  ): Promise<Rule[]> => {
    const asked = new DescribeRulesCommand({ ListenerArn: listener, PageSize: RULES_MAX });
    return Rules.parse((await client.send(asked, { abortSignal })).Rules ?? []);
  };

  /** Whatever goes wrong is in the answer: what AWS lays to the caller is a refusal, anything else may have been done. */
  const attempt = async (work: Promise<ListenerFenced>): Promise<ListenerFenced> => {
    try {
      return await work;
    } catch (error) {
      if (isAwsError(error, 'PriorityInUseException')) {
        return { result: 'refused', why: `another rule has priority ${FIRST}` };
      }
      if (!(error instanceof Error)) return { result: 'unknown', why: 'no answer' };
      const isRefused = '$fault' in error && error.$fault === 'client';
      return { result: isRefused ? 'refused' : 'unknown', why: error.name };
    }
  };

  /** Keeps out whoever asks for the record. A fence that is up already is left as it is. */
  const close = (fence: FencedListener, signal: AbortSignal): Promise<ListenerFenced> =>
    attempt(
      within(fence, signal, async (client, abortSignal) => {
        const rules = await rulesOf(client, fence, abortSignal);
        if (rules.some(isOurs(fence))) return { result: 'done', why: 'it was closed already' };
        const made = new CreateRuleCommand({
          ListenerArn: fence.listener,
          Priority: FIRST,
          Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [fence.record] } }],
          Actions: [
            {
              Type: 'fixed-response',
              FixedResponseConfig: {
                StatusCode: '503',
                ContentType: 'text/plain',
                MessageBody: bodyFor(fence),
              },
            },
          ],
        });
        await client.send(made, { abortSignal });
        return { result: 'done', why: `${fence.record} is answered with 503` };
      }),
    );

  /** Takes the fence away; no fence is as good. */
  const open = (fence: FencedListener, signal: AbortSignal): Promise<ListenerFenced> =>
    attempt(
      within(fence, signal, async (client, abortSignal) => {
        const own = (await rulesOf(client, fence, abortSignal)).filter(isOurs(fence));
        for (const { RuleArn } of own) {
          await client.send(new DeleteRuleCommand({ RuleArn }), { abortSignal }).catch((error) => {
            if (!isAwsError(error, 'RuleNotFoundException')) throw error;
          });
        }
        return { result: 'done', why: own.length === 0 ? 'it was open' : 'the rule is gone' };
      }),
    );

  /** Whether a fence could be put up. */
  const look = (fence: FencedListener, signal: AbortSignal): Promise<ListenerFound> =>
    within(fence, signal, async (client, abortSignal) => {
      try {
        const rules = await rulesOf(client, fence, abortSignal);
        if (rules.some(isOurs(fence))) return { kind: 'there', place: 'fenced' };
        return { kind: 'there', place: rules.some(isFirst) ? 'taken' : 'free' };
      } catch (error) {
        if (isAwsError(error, 'ListenerNotFoundException')) return { kind: 'missing' };
        throw error;
      }
    });

  return { close, open, look };
};

export type ListenerFences = ReturnType<typeof openListenerFences>;
