import * as dnsPacket from 'dns-packet';
import { RCODE, type Resolution, resolve } from './resolve.ts';
import type { DnsZone } from './zone.ts';

const HEADER_BYTES = 12;
const RESPONSE_FLAG = 0x80;
/** A UDP answer without EDNS (RFC 1035). */
const UDP_BYTES_MIN = 512;
/** The largest UDP answer given or announced: it passes any path without fragments. */
const UDP_BYTES_MAX = 1232;
const TCP_BYTES_MAX = 65_535;
/** Records besides the question that a query may carry; a real one has an OPT record at most. */
const EXTRA_RECORDS_MAX = 4;

const NOTHING: Omit<Resolution, 'rcode'> = {
  authoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
};

const headerOnly = (query: Buffer, rcode: number): Buffer => {
  const reply = Buffer.alloc(HEADER_BYTES);
  query.copy(reply, 0, 0, 4);
  // Of the query's flags only the opcode and "recursion desired" come back.
  reply[2] = RESPONSE_FLAG | ((query[2] ?? 0) & 0x79);
  reply[3] = rcode;
  return reply;
};

const parse = (query: Buffer): dnsPacket.DecodedPacket | undefined => {
  const extras = query.readUInt16BE(6) + query.readUInt16BE(8) + query.readUInt16BE(10);
  if (query.readUInt16BE(4) !== 1 || extras > EXTRA_RECORDS_MAX) return undefined;
  try {
    const packet = dnsPacket.decode(query);
    // A name that does not survive decoding (odd bytes, dots in labels) could not be echoed.
    const questions = packet.questions ?? [];
    const echoed = dnsPacket.encode({ questions }).subarray(HEADER_BYTES);
    return query.subarray(HEADER_BYTES, HEADER_BYTES + echoed.length).equals(echoed)
      ? packet
      : undefined;
  } catch {
    return undefined;
  }
};

const optRecord = (extendedRcode: number): dnsPacket.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: UDP_BYTES_MAX,
  extendedRcode,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});

const answerQuestion = (
  packet: dnsPacket.DecodedPacket,
  question: dnsPacket.Question,
  zones: readonly DnsZone[],
  transport: 'udp' | 'tcp',
): Buffer => {
  const edns = packet.additionals?.find((record) => record.type === 'OPT');
  const said: Resolution =
    edns && edns.ednsVersion !== 0
      ? { ...NOTHING, rcode: RCODE.BADVERS }
      : (question.class ?? 'IN') === 'IN'
        ? resolve(question, zones)
        : { ...NOTHING, rcode: RCODE.REFUSED };

  const encode = (body: Omit<Resolution, 'rcode' | 'authoritative'>, truncated: boolean) =>
    dnsPacket.encode({
      type: 'response',
      id: packet.id ?? 0,
      flags:
        (said.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
        (truncated ? dnsPacket.TRUNCATED_RESPONSE : 0) |
        (packet.flag_rd ? dnsPacket.RECURSION_DESIRED : 0) |
        (said.rcode & 0xf),
      questions: [question],
      answers: [...body.answers],
      authorities: [...body.authorities],
      additionals: edns ? [...body.additionals, optRecord(said.rcode >> 4)] : [...body.additionals],
    });
  const limitBytes =
    transport === 'tcp'
      ? TCP_BYTES_MAX
      : Math.min(UDP_BYTES_MAX, Math.max(UDP_BYTES_MIN, edns?.udpPayloadSize ?? 0));
  const whole = encode(said, false);
  return whole.length <= limitBytes ? whole : encode(NOTHING, true);
};

/**
 * The answer to one DNS message, or undefined where silence is right: for what is too short to be
 * a message, and for responses, so that two servers never answer each other for ever.
 */
export const answerMessage = (
  query: Buffer,
  zones: readonly DnsZone[],
  transport: 'udp' | 'tcp',
): Buffer | undefined => {
  const flags = query[2];
  if (query.length < HEADER_BYTES || flags === undefined || flags & RESPONSE_FLAG) return undefined;
  if ((flags >> 3) & 0xf) return headerOnly(query, RCODE.NOTIMP);
  const packet = parse(query);
  const question = packet?.questions?.[0];
  if (!packet || !question) return headerOnly(query, RCODE.FORMERR);

  try {
    return answerQuestion(packet, question, zones, transport);
  } catch {
    // A record that cannot be encoded must not take the other answers down.
    return headerOnly(query, RCODE.SERVFAIL);
  }
};
