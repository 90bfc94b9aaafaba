import * as dnsPacket from 'dns-packet';
import { type ClientSubnet, readClientSubnet } from './clientSubnet.ts';
import { RCODE, type Resolution, resolve } from './resolve.ts';
import type { DnsZone } from './zone.ts';

const HEADER_BYTES = 12;
const RESPONSE_FLAG = 0x80;
/** A UDP answer without EDNS (RFC 1035). */
const UDP_BYTES_MIN = 512;
/** The largest UDP answer given or announced: it passes any path without fragments. */
export const UDP_BYTES_MAX = 1232;
const TCP_BYTES_MAX = 65_535;
/** Records besides the question that a query may carry; a real one has an OPT record at most. */
const EXTRA_RECORDS_MAX = 4;

export type Transport = 'udp' | 'tcp';

/** An answer, and whether the same bytes always get it until the zones change. */
export type Said = { readonly bytes: Buffer; readonly fixed: boolean };

/** A query that may be answered. */
type Query = {
  readonly packet: dnsPacket.DecodedPacket;
  readonly question: dnsPacket.Question;
  readonly edns: dnsPacket.OptAnswer | undefined;
  readonly subnet: ClientSubnet | undefined;
};

const NOTHING: Omit<Resolution, 'rcode'> = {
  authoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
  fixed: true,
};

/** An answer that is a response code and nothing else. */
export const headerOnly = (query: Buffer, rcode: number): Buffer => {
  const reply = Buffer.alloc(HEADER_BYTES);
  query.copy(reply, 0, 0, 4);
  // Of the query's flags only the opcode and "recursion desired" come back.
  reply[2] = RESPONSE_FLAG | ((query[2] ?? 0) & 0x79);
  reply[3] = rcode;
  return reply;
};

const parse = (query: Buffer): Query | undefined => {
  const extras = query.readUInt16BE(6) + query.readUInt16BE(8) + query.readUInt16BE(10);
  if (query.readUInt16BE(4) !== 1 || extras > EXTRA_RECORDS_MAX) return undefined;
  try {
    const packet = dnsPacket.decode(query);
    // A name that does not survive decoding (odd bytes, dots in labels) could not be echoed.
    const questions = packet.questions ?? [];
    const echoed = dnsPacket.encode({ questions }).subarray(HEADER_BYTES);
    const question = questions[0];
    const asked = query.subarray(HEADER_BYTES, HEADER_BYTES + echoed.length);
    if (!question || !asked.equals(echoed)) return undefined;
    const edns = packet.additionals?.find((record) => record.type === 'OPT');
    return { packet, question, edns, subnet: readClientSubnet(edns?.options ?? []) };
  } catch {
    return undefined;
  }
};

/**
 * A query that a server may answer, or what to say instead: a reply with an error code, or nothing
 * for what is too short to be a message, and for responses, so that two servers never answer each
 * other for ever.
 */
export const readQuery = (
  query: Buffer,
): { readonly query: Query } | { readonly reply: Buffer | undefined } => {
  const flags = query[2];
  if (query.length < HEADER_BYTES || flags === undefined || flags & RESPONSE_FLAG) {
    return { reply: undefined };
  }
  if ((flags >> 3) & 0xf) return { reply: headerOnly(query, RCODE.NOTIMP) };
  const parsed = parse(query);
  return parsed ? { query: parsed } : { reply: headerOnly(query, RCODE.FORMERR) };
};

const optRecord = (
  { subnet }: Query,
  said: Pick<Resolution, 'rcode' | 'fixed'>,
): dnsPacket.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_BYTES_MAX,
  extendedRcode: said.rcode >> 4,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: subnet ? [subnet.echo(said.fixed)] : [],
});

/** The bytes of an answer; a truncated one when it is longer than the caller can take. */
export const encodeAnswer = (
  query: Query,
  said: Resolution,
  transport: Transport,
  recursive: boolean,
): Buffer => {
  const { packet, question, edns } = query;
  const encode = (body: Omit<Resolution, 'rcode' | 'authoritative'>, truncated: boolean) =>
    dnsPacket.encode({
      type: 'response',
      id: packet.id ?? 0,
      flags:
        (said.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
        (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0) |
        (packet.flag_rd ? dnsPacket.RECURSION_DESIRED : 0) |
        (recursive ? dnsPacket.RECURSION_AVAILABLE : 0) |
        (said.rcode & 0xf),
      questions: [question],
      answers: [...body.answers],
      authorities: [...body.authorities],
      additionals: edns ? [...body.additionals, optRecord(query, said)] : [...body.additionals],
    });
  const limitBytes =
    transport === 'tcp'
      ? TCP_BYTES_MAX
      : Math.min(UDP_BYTES_MAX, Math.max(UDP_BYTES_MIN, edns?.udpPayloadSize ?? 0));
  const whole = encode(said, false);
  return whole.length <= limitBytes ? whole : encode(NOTHING, true);
};

/**
 * What an authoritative server for `zones` answers to one message, or undefined where silence is
 * right. The caller's place is that of the client subnet it names (RFC 7871), else its own address.
 */
export const answerMessage = (
  bytes: Buffer,
  zones: readonly DnsZone[],
  transport: Transport,
  sourceAddress: string,
): Said | undefined => {
  const read = readQuery(bytes);
  if ('reply' in read) return read.reply && { bytes: read.reply, fixed: true };
  const { query } = read;
  try {
    const said: Resolution =
      query.edns && query.edns.ednsVersion !== 0
        ? { ...NOTHING, rcode: RCODE.BADVERS }
        : (query.question.class ?? 'IN') === 'IN'
          ? resolve(query.question, zones, query.subnet?.address ?? sourceAddress)
          : { ...NOTHING, rcode: RCODE.REFUSED };
    return { bytes: encodeAnswer(query, said, transport, false), fixed: said.fixed };
  } catch {
    // A record that cannot be encoded must not take the other answers down.
    return { bytes: headerOnly(bytes, RCODE.SERVFAIL), fixed: false };
  }
};
