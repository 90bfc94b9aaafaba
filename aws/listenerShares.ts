/** How the listeners of one region share traffic out between target groups. */
import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { DrillError } from '../core/errors.ts';
import { MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

const Forward = z.object({
  Type: z.literal('forward'),
  TargetGroupArn: z.string().optional(),
  ForwardConfig: z
    .object({
      TargetGroups: z
        .array(z.object({ TargetGroupArn: z.string(), Weight: z.number().default(1) }))
        .default([]),
    })
    .optional(),
});

const Rules = z.array(
  z.object({
    Conditions: z
      .array(
        z.object({
          HttpHeaderConfig: z
            .object({ HttpHeaderName: z.string(), Values: z.array(z.string()) })
            .optional(),
        }),
      )
      .default([]),
    Actions: z.array(z.unknown()).default([]),
  }),
);

/** The only target group that an action forwards to; undefined for any other action. */
const onlyGroupOf = (action: unknown): string | undefined => {
  const read = Forward.safeParse(action);
  if (!read.success) return undefined;
  const { TargetGroupArn, ForwardConfig } = read.data;
  const [first, ...others] = ForwardConfig?.TargetGroups ?? [];
  return others.length > 0 ? undefined : (first?.TargetGroupArn ?? TargetGroupArn);
};

/** Target groups, of the service and of the one that runs beside it. */
export type Groups = { readonly main: string; readonly next: string };

const ALL = 100;

export const openListenerShares = (region: string, sdk: SdkSettings = {}) => {
  const client = new ElasticLoadBalancingV2Client({ maxAttempts: MAX_ATTEMPTS, ...sdk, region });

  /**
   * Percent of the requests that go to `groups.next`; null when the listener forwards to a third one.
   * @throws DrillError `InputInvalid` for a listener that does not forward.
   */
  const percent = async (
    listener: string,
    groups: Groups,
    signal: AbortSignal,
  ): Promise<number | null> => {
    const { Listeners = [] } = await client.send(
      new DescribeListenersCommand({ ListenerArns: [listener] }),
      { abortSignal: signal },
    );
    const read = Forward.safeParse(Listeners[0]?.DefaultActions?.[0]);
    if (!read.success) {
      throw new DrillError(
        'InputInvalid',
        `${listener} has no default action that forwards: a promotion shares traffic out there`,
      );
    }
    const { TargetGroupArn, ForwardConfig } = read.data;
    const listed = ForwardConfig?.TargetGroups ?? [];
    const tuples =
      listed.length > 0 ? listed : [{ TargetGroupArn: TargetGroupArn ?? '', Weight: 1 }];
    const known = [groups.main, groups.next];
    if (tuples.some((one) => one.Weight > 0 && !known.includes(one.TargetGroupArn))) return null;
    const weightOf = (arn: string) => tuples.find((one) => one.TargetGroupArn === arn)?.Weight ?? 0;
    const total = weightOf(groups.main) + weightOf(groups.next);
    return total === 0 ? null : (ALL * weightOf(groups.next)) / total;
  };

  /** Sends this percentage of new requests to `groups.next`, and the rest to `groups.main`. */
  const share = async (
    listener: string,
    groups: Groups,
    toNext: number,
    signal: AbortSignal,
  ): Promise<void> => {
    await client.send(
      new ModifyListenerCommand({
        ListenerArn: listener,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: groups.main, Weight: ALL - toNext },
                { TargetGroupArn: groups.next, Weight: toNext },
              ],
            },
          },
        ],
      }),
      { abortSignal: signal },
    );
  };

  /**
   * The values of a header by which a listener's rules send requests on, each with its target group. Rules that ask
   * for anything more are not among them.
   */
  const byHeader = async (
    listener: string,
    header: string,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> => {
    const answer = await client.send(new DescribeRulesCommand({ ListenerArn: listener }), {
      abortSignal: signal,
    });
    return new Map(
      Rules.parse(answer.Rules ?? []).flatMap(({ Conditions, Actions }) => {
        const [asked, ...more] = Conditions.map(({ HttpHeaderConfig }) => HttpHeaderConfig);
        const group = onlyGroupOf(Actions[0]);
        const isIt = asked?.HttpHeaderName.toLowerCase() === header.toLowerCase();
        if (asked === undefined || !isIt || more.length > 0 || group === undefined) return [];
        return asked.Values.map((value): [string, string] => [value, group]);
      }),
    );
  };

  return { percent, share, byHeader, close: () => client.destroy() };
};

export type ListenerShares = ReturnType<typeof openListenerShares>;
