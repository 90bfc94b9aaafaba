import * as z from 'zod';

/**
 * Longest name of a service. Names on AWS are made of it, and buckets leave the fewest characters: of their
 * 63, `failover--switch-`, an account of 12 digits, a dash and a region of up to 14 letters take 44.
 */
export const SERVICE_NAME_MAX = 19;

/** Two dashes in a row are left to names that are made of it, as that of a shadow. */
export const ServiceName = z
  .string()
  .regex(
    /^[a-z](-?[a-z0-9])*$/,
    'expected lower-case letters, digits and single dashes, as web-shop',
  )
  .max(SERVICE_NAME_MAX, {
    error: ({ input }) =>
      `${String(input).length} characters, and names on AWS are made of it: at most ${SERVICE_NAME_MAX}`,
  });
