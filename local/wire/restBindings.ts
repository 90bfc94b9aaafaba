import type { Match } from './protocol.ts';
import type { OperationModel, Shape } from './sdkModel.ts';
import type { WireRequest } from './types.ts';
import { membersOf, readText, writeText } from './values.ts';

/** What of an input stands outside the body, and which members the body holds. */
export type BoundInput = {
  readonly values: Record<string, unknown>;
  readonly payload: { readonly name: string; readonly shape: Shape } | undefined;
  readonly bodyMembers: ReadonlySet<string>;
};

const headerName = (member: Shape): string | undefined => {
  const name = member.getMergedTraits().httpHeader;
  return typeof name === 'string' ? name.toLowerCase() : undefined;
};

const prefixOf = (member: Shape): string | undefined => {
  const prefix = member.getMergedTraits().httpPrefixHeaders;
  return typeof prefix === 'string' ? prefix.toLowerCase() : undefined;
};

const readHeader = (member: Shape, text: string, where: string): unknown =>
  member.isListSchema()
    ? text.split(',').map((item) => readText(member.getValueSchema(), item.trim(), where))
    : readText(member, text, where);

const readPrefixed = (prefix: string, request: WireRequest): Record<string, string> | undefined => {
  const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix));
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
};

const readQuery = (member: Shape, name: string, request: WireRequest, where: string): unknown => {
  const values = request.query.getAll(name);
  if (values.length === 0) return undefined;
  return member.isListSchema()
    ? values.map((value) => readText(member.getValueSchema(), value, where))
    : readText(member, values[0] ?? '', where);
};

/** Reads labels, query parameters and headers of a REST request. */
export const readBound = ({ operation, labels }: Match, request: WireRequest): BoundInput => {
  const values: Record<string, unknown> = {};
  const bodyMembers = new Set<string>();
  let payload: BoundInput['payload'];
  for (const [name, member] of operation.input.structIterator()) {
    const traits = member.getMergedTraits();
    const where = `${operation.name}.${name}`;
    const header = headerName(member);
    const prefix = prefixOf(member);
    let value: unknown;
    if (traits.httpLabel) {
      const label = labels[name];
      value = label === undefined ? undefined : readText(member, label, where);
    } else if (traits.httpQuery) value = readQuery(member, traits.httpQuery, request, where);
    else if (header) {
      const text = request.headers[header];
      value = text === undefined ? undefined : readHeader(member, text, where);
    } else if (prefix !== undefined) value = readPrefixed(prefix, request);
    else if (traits.httpPayload) payload = { name, shape: member };
    else bodyMembers.add(name);
    if (value !== undefined) values[name] = value;
  }
  return { values, payload, bodyMembers };
};

export type BoundOutput = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly payload: { readonly shape: Shape; readonly value: unknown } | undefined;
  readonly bodyMembers: ReadonlySet<string>;
  readonly hasBody: boolean;
};

const writeHeader = (member: Shape, value: unknown, where: string): string => {
  if (!member.isListSchema()) return writeText(member, value, 'http-date', where);
  if (!Array.isArray(value)) throw new Error(`${where}: a list is due`);
  return value
    .map((item) => writeText(member.getValueSchema(), item, 'http-date', where))
    .join(',');
};

/** Splits an answer (or a modelled error) into status, headers, payload and body members. */
export const writeBound = (
  shape: Shape,
  value: unknown,
  status: number,
  where: string,
): BoundOutput => {
  const members = membersOf(value, where);
  const headers: Record<string, string> = {};
  const bodyMembers = new Set<string>();
  let code = status;
  let payload: BoundOutput['payload'];
  let hasBody = false;
  for (const [name, member] of shape.isUnitSchema() ? [] : shape.structIterator()) {
    const traits = member.getMergedTraits();
    const header = headerName(member);
    const prefix = prefixOf(member);
    const item = members[name];
    if (header || prefix !== undefined || traits.httpResponseCode) {
      if (item === undefined || item === null) continue;
      if (header) headers[header] = writeHeader(member, item, `${where}.${name}`);
      else if (traits.httpResponseCode) code = Number(item);
      else {
        for (const [key, text] of Object.entries(membersOf(item, where))) {
          headers[`${prefix}${key.toLowerCase()}`] = String(text);
        }
      }
    } else if (traits.httpPayload) {
      hasBody = true;
      if (item !== undefined && item !== null) payload = { shape: member, value: item };
    } else {
      hasBody = true;
      bodyMembers.add(name);
    }
  }
  return { status: code, headers, payload, bodyMembers, hasBody };
};

export const outputOf = (operation: OperationModel, output: unknown): BoundOutput =>
  writeBound(operation.output, output, operation.http?.status ?? 200, operation.name);

/** Bytes of a blob or string payload; undefined for a structure, which the body codec writes. */
export const rawPayload = (payload: BoundOutput['payload']): Uint8Array | undefined => {
  if (!payload) return undefined;
  const { shape, value } = payload;
  if (!shape.isBlobSchema() && !shape.isStringSchema()) return undefined;
  if (value instanceof Uint8Array) return value;
  return Buffer.from(String(value), 'utf8');
};
