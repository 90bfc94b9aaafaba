import * as z from 'zod';

// Limits of Slack's Block Kit reference, in characters and items.
const BLOCKS_MAX = 50;
const TEXT_MAX = 40_000;

const chars = (max: number) => z.string().min(1).max(max);
const plainText = (max: number) =>
  z.looseObject({ type: z.literal('plain_text'), text: chars(max) });
const textObject = (max: number) =>
  z.looseObject({ type: z.enum(['plain_text', 'mrkdwn']), text: chars(max) });

const blockId = { block_id: chars(255).optional() };
const image = {
  image_url: z.url({ protocol: /^https?$/ }).max(3_000),
  alt_text: chars(2_000),
};

const section = z
  .looseObject({
    ...blockId,
    type: z.literal('section'),
    text: textObject(3_000).optional(),
    fields: z.array(textObject(2_000)).min(1).max(10).optional(),
    accessory: z.looseObject({ type: chars(255) }).optional(),
  })
  .refine(({ text, fields }) => text !== undefined || fields !== undefined, {
    error: 'a section needs text or fields',
  });

const contextElement = z.union([
  textObject(3_000),
  z.looseObject({ type: z.literal('image'), ...image }),
]);

const button = z.looseObject({
  type: z.literal('button'),
  text: plainText(75),
  action_id: chars(255).optional(),
  url: chars(3_000).optional(),
  value: chars(2_000).optional(),
});

const block = z.discriminatedUnion('type', [
  section,
  z.looseObject({ ...blockId, type: z.literal('divider') }),
  z.looseObject({ ...blockId, type: z.literal('header'), text: plainText(150) }),
  z.looseObject({
    ...blockId,
    type: z.literal('context'),
    elements: z.array(contextElement).min(1).max(10),
  }),
  z.looseObject({
    ...blockId,
    type: z.literal('image'),
    ...image,
    title: plainText(2_000).optional(),
  }),
  z.looseObject({
    ...blockId,
    type: z.literal('actions'),
    elements: z.array(button).min(1).max(25),
  }),
  z.looseObject({
    ...blockId,
    type: z.literal('rich_text'),
    elements: z.array(z.looseObject({ type: chars(255) })).min(1),
  }),
  z.looseObject({ ...blockId, type: z.literal('markdown'), text: chars(12_000) }),
]);

const blocks = z
  .array(block)
  .min(1)
  .max(BLOCKS_MAX)
  .refine(
    (all) => {
      const ids = all.map(({ block_id }) => block_id).filter((id) => id !== undefined);
      return new Set(ids).size === ids.length;
    },
    { error: 'block_id is there twice' },
  );

const payload = z.looseObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  attachments: z
    .array(z.looseObject({ blocks: z.array(z.unknown()).optional() }))
    .max(100)
    .optional(),
});

/** A message as it was sent. */
export type SlackPayload = z.infer<typeof payload>;

/** What is wrong with a payload: Slack's own word for it, and the place for people. */
export type PayloadFault = { readonly error: string; readonly detail: string };

const fault = (error: string, problem: z.ZodError): PayloadFault => ({
  error,
  detail: z.prettifyError(problem),
});

/** Reads the JSON text that a webhook was sent. */
export const readPayload = (text: string): { payload: SlackPayload } | PayloadFault => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { error: 'invalid_payload', detail: 'not JSON' };
  }
  const read = payload.safeParse(json);
  if (!read.success) return fault('invalid_payload', read.error);
  const message = read.data;
  const parts = [message, ...(message.attachments ?? [])];
  if (!message.text && !message.blocks?.length && !message.attachments?.length) {
    return { error: 'no_text', detail: 'neither text nor blocks' };
  }
  if ((message.text?.length ?? 0) > TEXT_MAX) {
    return { error: 'msg_too_long', detail: `text is longer than ${TEXT_MAX} characters` };
  }
  for (const part of parts) {
    const checked = part.blocks?.length ? blocks.safeParse(part.blocks) : undefined;
    if (checked && !checked.success) return fault('invalid_blocks', checked.error);
  }
  return { payload: message };
};
