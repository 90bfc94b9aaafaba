/** Where things may be kept: anywhere, or in legal areas (EU), countries (DE) or single regions. */
import * as z from 'zod';

const places = z.union([z.literal('any'), z.array(z.string())]).default('any');

export const ResidencyConfig = z.strictObject({
  /** The service's data, and so what may serve. */
  data: places,
  logs: places,
  /** Sources, configuration, reports and evidence. */
  buckets: places,
  images: places,
});
