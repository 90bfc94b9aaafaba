/** Items of a table in memory: by hash key, then in the order of their sort keys. */
import type { Json } from '../../local/dynamodb/engine.ts';
import { AwsError } from '../../local/wire/types.ts';

type Attribute = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, Attribute>>;

export type Table = {
  readonly hash: string;
  readonly range: string | null;
  /** By hash key, then by sort key in the order of bytes. */
  readonly rows: Map<string, { readonly order: string[]; readonly items: Map<string, Item> }>;
  readonly written: Map<string, { readonly at: number; readonly region: string }>;
  expiry: string | null;
  replicas: readonly string[];
};

/** Largest item, and largest page of a query. Source: DynamoDB quotas. */
export const ITEM_BYTES_MAX = 400 * 1024;
const PAGE_BYTES_MAX = 1024 * 1024;

export const refuse = (message: string): AwsError =>
  new AwsError('ValidationException', message, {}, 400);

/** The text of a key attribute; the tables of the watch have keys of text only. */
const textOf = (item: Item, name: string | null): string => {
  if (name === null) return '';
  const value = item[name]?.['S'];
  if (typeof value === 'string') return value;
  throw refuse(`The provided key element does not match the schema: ${name}`);
};

const placeOf = (order: readonly string[], key: string): number => {
  let [low, high] = [0, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

export const setItem = (table: Table, item: Item): void => {
  const [hash, range] = [textOf(item, table.hash), textOf(item, table.range)];
  const row = table.rows.get(hash) ?? { order: [], items: new Map<string, Item>() };
  if (!row.items.has(range)) row.order.splice(placeOf(row.order, range), 0, range);
  row.items.set(range, item);
  table.rows.set(hash, row);
};

export const removeItem = (table: Table, key: Item): void => {
  const [hash, range] = [textOf(key, table.hash), textOf(key, table.range)];
  const row = table.rows.get(hash);
  if (!row?.items.delete(range)) return;
  row.order.splice(placeOf(row.order, range), 1);
  if (row.items.size === 0) table.rows.delete(hash);
};

export const getItem = (table: Table, key: Item): Item | undefined =>
  table.rows.get(textOf(key, table.hash))?.items.get(textOf(key, table.range));

/** About what DynamoDB counts: names and values, without the brackets around them. */
export const bytesOf = (item: Item): number => {
  let bytes = 0;
  for (const name in item) bytes += name.length + sizeOf(item[name]);
  return bytes;
};

const sizeOf = (attribute: Attribute | undefined): number => {
  const text = attribute?.['S'] ?? attribute?.['N'];
  return typeof text === 'string' ? text.length : JSON.stringify(attribute ?? null).length;
};

/** What a query of the watch asks for. */
export type Range = {
  readonly ExpressionAttributeValues: {
    readonly ':pk': { readonly S: string };
    readonly ':from': { readonly S: string };
    readonly ':to': { readonly S: string };
  };
  readonly ScanIndexForward: boolean;
  readonly Limit?: number | undefined;
  readonly ExclusiveStartKey?: Item | undefined;
};

export const queryItems = (table: Table, input: Range): Json => {
  const { ':pk': pk, ':from': from, ':to': to } = input.ExpressionAttributeValues;
  if (from.S > to.S) throw refuse('The BETWEEN operator requires upper bound to be greater');
  const row = table.rows.get(pk.S);
  const after = input.ExclusiveStartKey && textOf(input.ExclusiveStartKey, table.range);
  let keys = (row?.order ?? []).slice(placeOf(row?.order ?? [], from.S));
  keys = keys.filter((key) => key <= to.S);
  if (!input.ScanIndexForward) keys.reverse();
  if (after !== undefined) {
    keys = keys.filter((key) => (input.ScanIndexForward ? key > after : key < after));
  }
  const Items: Item[] = [];
  let bytes = 0;
  for (const key of keys) {
    const item = row?.items.get(key);
    if (item === undefined) continue;
    bytes += bytesOf(item);
    Items.push(item);
    if (bytes > PAGE_BYTES_MAX || Items.length === input.Limit) {
      const LastEvaluatedKey = { pk, sk: { S: key } };
      return { Items, Count: Items.length, ScannedCount: Items.length, LastEvaluatedKey };
    }
  }
  return { Items, Count: Items.length, ScannedCount: Items.length };
};
