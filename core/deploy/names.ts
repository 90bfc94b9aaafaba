/**
 * Names on AWS are `failover-drill-<service>` and `failover-drill-<service>-<part>`. A service whose own name ends
 * like a part would share names with another: the table of a service `shop-watch` is that of the watch of `shop`.
 */
import type { Stack } from '../lint/model.ts';

const prefixOf = (service: string): string => `failover-drill-${service}-`;

/** What follows the service's name in names of its stacks; names with an account in them are told apart by it. */
export const namePartsIn = (stacks: readonly Stack[], service: string): string[] => {
  const prefix = prefixOf(service);
  const names = stacks
    .flatMap(({ resources }) => Object.values(resources))
    .flatMap(({ properties }) => Object.entries(Object(properties)))
    .flatMap(([key, value]) => (key.endsWith('Name') && typeof value === 'string' ? [value] : []));
  const parts = names
    .filter((name) => name.startsWith(prefix) && !/\d{12}/.test(name))
    .map((name) => name.slice(prefix.length));
  return [...new Set(parts)].sort();
};

/** Services whose `<name>-` this one's name begins with: what they may do with things called so, they may do with its own. */
export const outerNames = (service: string): string[] => {
  const words = service.split('-');
  return words.slice(1).map((_, at) => words.slice(0, at + 1).join('-'));
};

/** The part that a service's name ends with; undefined for a name that shares nothing. */
export const sharedPart = (service: string, parts: readonly string[]): string | undefined =>
  parts.find((part) => service.endsWith(`-${part}`));
