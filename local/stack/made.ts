/** What makes a resource of CloudFormation, and what of it others can name. */
import type { Clients } from './clients.ts';

/** What `Ref` and `GetAtt` of a resource answer. */
export type Made = { readonly ref: string; readonly attributes: Readonly<Record<string, string>> };

export type Make = (properties: unknown, clients: Clients, region: string) => Promise<Made>;

/** CloudFormation writes `TimeoutInMinutes` where some services' APIs write `timeoutInMinutes`. */
export const lowerFirst = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      lowerFirst(item),
    ]),
  );
};
