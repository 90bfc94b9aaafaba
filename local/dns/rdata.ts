import { isIPv4, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';

/** Record data that is wrong for its type. `problem` is one word, the message is for people. */
export class RdataError extends Error {
  override readonly name = 'RdataError';
  readonly problem: string;
  constructor(problem: string, message: string) {
    super(message);
    this.problem = problem;
  }
}

/** Lower case, no trailing dot: the form in which names are compared. The root is ''. */
export const canonicalName = (name: string): string => name.replace(/\.$/, '').toLowerCase();

const LABEL_BYTES_MAX = 63;
const NAME_BYTES_MAX = 255;
const TEXT_BYTES_MAX = 255;

/** Throws an RdataError unless `text` is a domain name that fits into a DNS message. */
export const assertDomainName = (text: string): void => {
  const labels = text.replace(/\.$/, '').split('.');
  if (labels.some((label) => label === '')) {
    throw new RdataError('DomainLabelEmpty', 'Domain label is empty');
  }
  if (labels.some((label) => Buffer.byteLength(label) > LABEL_BYTES_MAX)) {
    throw new RdataError('DomainLabelTooLong', 'Domain label is too long');
  }
  if (Buffer.byteLength(labels.join('.')) + 2 > NAME_BYTES_MAX) {
    throw new RdataError('DomainNameTooLong', 'Domain name is too long');
  }
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new RdataError('DomainNameInvalid', 'Domain name has a character that is not allowed');
  }
};

const domainName = (text: string): string => {
  assertDomainName(text);
  return text.replace(/\.$/, '');
};

const wholeNumber = (text: string | undefined, max: number, what: string): number => {
  const value = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new RdataError('InvalidNumber', `${what} is not a whole number from 0 to ${max}`);
};

const words = (value: string, count: number, form: string): string[] => {
  const found = value.trim().split(/\s+/);
  if (found.length === count) return found;
  throw new RdataError('WrongFieldCount', `Value should have the form: ${form}`);
};

const readEscapes = (text: string): Buffer => {
  const bytes: number[] = [];
  for (const [whole, octal, char] of text.matchAll(/\\([0-3][0-7]{2})|\\(.)|[^\\]/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...Buffer.from(char ?? whole));
  }
  return Buffer.from(bytes);
};

const characterStrings = (value: string): Buffer[] => {
  if (!/^\s*"(?:[^"\\]|\\.)*"(?:\s+"(?:[^"\\]|\\.)*")*\s*$/s.test(value)) {
    throw new RdataError('InvalidCharacterString', 'Value should be enclosed in quotation marks');
  }
  const strings = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map((m) => readEscapes(m[1] ?? ''));
  if (strings.some((bytes) => bytes.length > TEXT_BYTES_MAX)) {
    throw new RdataError('CharacterStringTooLong', 'Value is too long');
  }
  return strings;
};

const ipv4 = (value: string): string => {
  if (isIPv4(value)) return value;
  throw new RdataError('ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address');
};

const ipv6 = (value: string): string => {
  if (isIPv6(value) && !value.includes('%')) return value;
  throw new RdataError('AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address');
};

const U16 = 0xffff;
const U32 = 0xffffffff;

type Common = { readonly name: string; readonly ttl: number; readonly class: 'IN' };

const soaAnswer = (common: Common, value: string): Answer => {
  const form = 'mname rname serial refresh retry expire minimum';
  const [mname = '', rname = '', ...numbers] = words(value, 7, form);
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers.map((n) =>
    wholeNumber(n, U32, 'SOA value'),
  );
  const names = { mname: domainName(mname), rname: domainName(rname) };
  return { ...common, type: 'SOA', data: { ...names, serial, refresh, retry, expire, minimum } };
};

const srvAnswer = (common: Common, value: string): Answer => {
  const [priority, weight, port, target = ''] = words(value, 4, 'priority weight port target');
  const data = {
    priority: wholeNumber(priority, U16, 'priority'),
    weight: wholeNumber(weight, U16, 'weight'),
    port: wholeNumber(port, U16, 'port'),
    target: domainName(target),
  };
  return { ...common, type: 'SRV', data };
};

const caaAnswer = (common: Common, value: string): Answer => {
  const match = /^(\d+)\s+(issue|issuewild|iodef)\s+"([^"]*)"$/.exec(value.trim());
  const [, flags, tag, text = ''] = match ?? [];
  if (tag !== 'issue' && tag !== 'issuewild' && tag !== 'iodef') {
    throw new RdataError('CAARRDATAInvalid', 'Value should have the form: flags tag "value"');
  }
  return {
    ...common,
    type: 'CAA',
    data: { flags: wholeNumber(flags, 255, 'flags'), tag, value: text },
  };
};

/**
 * Readers of presentation-format record data, by type. The keys are the types that can be served.
 */
const READERS = {
  A: (common, value) => ({ ...common, type: 'A', data: ipv4(value) }),
  AAAA: (common, value) => ({ ...common, type: 'AAAA', data: ipv6(value) }),
  CNAME: (common, value) => ({ ...common, type: 'CNAME', data: domainName(value) }),
  NS: (common, value) => ({ ...common, type: 'NS', data: domainName(value) }),
  PTR: (common, value) => ({ ...common, type: 'PTR', data: domainName(value) }),
  TXT: (common, value) => ({ ...common, type: 'TXT', data: characterStrings(value) }),
  MX: (common, value) => {
    const [preference, exchange = ''] = words(value, 2, 'preference exchange');
    const data = {
      preference: wholeNumber(preference, U16, 'preference'),
      exchange: domainName(exchange),
    };
    return { ...common, type: 'MX', data };
  },
  SOA: soaAnswer,
  SRV: srvAnswer,
  CAA: caaAnswer,
} as const satisfies Record<string, (common: Common, value: string) => Answer>;

export type ServedType = keyof typeof READERS;

export const isServedType = (type: string): type is ServedType => Object.hasOwn(READERS, type);

/** Reads one value in presentation format, such as `10 mail.example.com.`. Throws an RdataError. */
export const readRecord = (name: string, type: ServedType, ttlS: number, value: string): Answer =>
  READERS[type]({ name, ttl: ttlS, class: 'IN' }, value);
