/** DNS messages: the query, and what is checked of an answer. */
import dnsPacket from 'dns-packet';

export type DnsQuestion = {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'NS';
};

export type DnsAnswer = {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ... */
  readonly code: string;
  /** Cut short: to be asked again over TCP. */
  readonly truncated: boolean;
  /** Data of the records of the type asked for, sorted. */
  readonly records: readonly string[];
  /** Names that the name asked for stands for: the chain of CNAME records, in order. */
  readonly aliases: readonly string[];
  /** Smallest time to live among them, in seconds; undefined when there are none. */
  readonly ttlS: number | undefined;
};

/** What crosses any path unfragmented (DNS flag day 2020). */
const UDP_PAYLOAD_BYTES = 1232;
const HEADER_BYTES = 12;
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export const encodeQuery = (id: number, { name, type }: DnsQuestion): Buffer =>
  dnsPacket.encode({
    type: 'query',
    id,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: UDP_PAYLOAD_BYTES,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

const textOf = (data: unknown): string => {
  if (typeof data === 'string') return data;
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  if (Array.isArray(data)) return data.map(textOf).join('');
  return JSON.stringify(data);
};

/**
 * The answer to a query; undefined for a message that answers something else, as a forged or a belated
 * one does. @throws Error when it is an answer that cannot be read.
 */
export const decodeAnswer = (
  message: Buffer,
  id: number,
  question: DnsQuestion,
): DnsAnswer | undefined => {
  if (message.length < HEADER_BYTES || message.readUInt16BE(0) !== id) return undefined;
  const [high, low] = [message.readUInt8(2), message.readUInt8(3)];
  if ((high & 0x80) === 0) return undefined;
  const code = CODES[low & 15] ?? `code ${low & 15}`;
  const truncated = (high & 0x02) !== 0;
  if (truncated) return { code, truncated, records: [], aliases: [], ttlS: undefined };
  const { questions = [], answers = [] } = dnsPacket.decode(message);
  const [asked] = questions;
  // A server that could not read the question need not repeat it.
  if (asked && (plain(asked.name) !== plain(question.name) || asked.type !== question.type)) {
    return undefined;
  }
  const found = answers.flatMap((answer) =>
    answer.type === question.type && 'data' in answer
      ? [{ text: textOf(answer.data), ttlS: 'ttl' in answer ? (answer.ttl ?? 0) : 0 }]
      : [],
  );
  return {
    code,
    truncated,
    aliases: answers.flatMap((answer) => (answer.type === 'CNAME' ? [plain(answer.data)] : [])),
    records: found.map(({ text }) => text).sort(),
    ttlS: found.length === 0 ? undefined : Math.min(...found.map(({ ttlS }) => ttlS)),
  };
};
