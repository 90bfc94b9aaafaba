import {
  type Answerer,
  type DnsListener,
  type DnsListenerOptions,
  startDnsListener,
} from './listener.ts';
import { answerMessage, headerOnly } from './message.ts';
import { RCODE } from './resolve.ts';
import type { DnsZone } from './zone.ts';

/** The zones as the server at this address knows them now. The same array means no change. */
export type ZonesAt = (serverAddress: string) => readonly DnsZone[];

export type DnsServerOptions = Omit<DnsListenerOptions, 'answer'> & {
  /** Asked anew for each query, so a change shows at once. */
  readonly zones: ZonesAt;
  /**
   * False while records are being made: until then the server at this address answers only what is
   * there. A denial would be cached, and outlive its reason.
   */
  readonly isSettled?: ((serverAddress: string) => boolean) | undefined;
};

export type DnsServer = DnsListener;

const CACHED_ANSWERS_MAX = 8_192;
/** Longer queries are odd ones, and would let a flood fill the memory. */
const CACHED_QUERY_BYTES_MAX = 512;
const ID_BYTES = 2;
const ANSWER_COUNT_AT = 6;

const hasAnswers = (message: Buffer): boolean => message.readUInt16BE(ANSWER_COUNT_AT) > 0;

/**
 * Keeps the bytes of answers that are the same for everybody until the zones change, because
 * encoding one takes longer than sending it.
 */
const createAnswerer = (
  zonesAt: ZonesAt,
  isSettled: NonNullable<DnsServerOptions['isSettled']>,
): Answerer => {
  const cached = new Map<string, Buffer>();
  let cachedFor: readonly DnsZone[] | undefined;
  return (query, { transport, sourceAddress, serverAddress }) => {
    let zones: readonly DnsZone[];
    try {
      zones = zonesAt(serverAddress);
    } catch {
      return query.length > ID_BYTES ? headerOnly(query, RCODE.SERVFAIL) : undefined;
    }
    if (cachedFor !== zones || cached.size >= CACHED_ANSWERS_MAX) cached.clear();
    cachedFor = zones;
    const key = transport + query.toString('latin1', ID_BYTES);
    const known = cached.get(key);
    if (known) {
      const answer = Buffer.from(known);
      query.copy(answer, 0, 0, ID_BYTES);
      return answer;
    }
    const said = answerMessage(query, zones, transport, sourceAddress);
    if (said !== undefined && !isSettled(serverAddress) && !hasAnswers(said.bytes))
      return undefined;
    if (said?.fixed && query.length <= CACHED_QUERY_BYTES_MAX) cached.set(key, said.bytes);
    return said?.bytes;
  };
};

/** Starts an authoritative DNS server over UDP and TCP on every address of `listen`. */
export const startDnsServer = ({
  zones,
  isSettled = () => true,
  ...options
}: DnsServerOptions): Promise<DnsServer> =>
  startDnsListener({ ...options, answer: createAnswerer(zones, isSettled) });
