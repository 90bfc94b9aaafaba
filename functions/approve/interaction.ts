/** What Slack sends when a button is pressed: a form whose field `payload` is JSON. */
import * as z from 'zod';
import { APPROVE_ACTION, ApprovalValue, DECLINE_ACTION } from '../../events/approvalButton.ts';

/** Slack owns it and may add to it. */
const Interaction = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(50) }),
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: z.string().max(2_000) }))
    .min(1)
    .max(1),
});

export type Press = ApprovalValue & {
  readonly answer: 'approve' | 'decline';
  /** Who pressed it, as Slack knows the person. */
  readonly userId: string;
};

const ANSWERS: Readonly<Record<string, Press['answer']>> = {
  [APPROVE_ACTION]: 'approve',
  [DECLINE_ACTION]: 'decline',
};

const parsed = <T extends z.ZodType>(schema: T, text: string): z.output<T> | undefined => {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

/** The button that was pressed; undefined for anything else. */
export const readPress = (body: string): Press | undefined => {
  const interaction = parsed(Interaction, new URLSearchParams(body).get('payload') ?? '');
  const [action] = interaction?.actions ?? [];
  if (interaction === undefined || action === undefined) return undefined;
  const answer = ANSWERS[action.action_id];
  const value = parsed(ApprovalValue, action.value);
  if (answer === undefined || value === undefined) return undefined;
  return { ...value, answer, userId: interaction.user.id };
};
