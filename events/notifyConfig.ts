/** Who hears of results, as the configuration says it. */
import * as z from 'zod';

export const NotifyConfig = z
  .strictObject({
    slack: z
      .string()
      .regex(
        /^ssm:\/[\w./-]+$/,
        'expected the name of an SSM parameter, such as ssm:/failover/shop/slack-webhook (a webhook URL is a secret and does not belong in this file)',
      )
      .optional(),
    /** Where reports of failovers are kept, for links in messages; `{id}` is the failover. */
    reports: z
      .url({
        protocol: /^https?$/,
        error: 'expected a URL such as https://reports.example.com/{id}.html',
      })
      .max(500)
      .optional(),
  })
  .prefault({});
