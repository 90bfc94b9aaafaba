import type { OptAnswer } from 'dns-packet';

type EdnsOption = OptAnswer['options'][number];

/** The network that a resolver asks for (RFC 7871). */
export type ClientSubnet = {
  /** First address of the IPv4 network; undefined for a network that tells nothing. */
  readonly address: string | undefined;
  /** The option for the answer; its scope says whether the answer depends on the network. */
  echo(fixed: boolean): EdnsOption;
};

const CLIENT_SUBNET = 8;
const FAMILY_BYTES = new Map([
  [1, 4],
  [2, 16],
]);
/** A region owns a network of this length, so answers do not differ within one. */
const SCOPE_BITS = 16;

/**
 * The client subnet among the options of a query. Throws a RangeError for a malformed one, as the
 * RFC asks to answer it with FORMERR.
 */
export const readClientSubnet = (options: readonly EdnsOption[]): ClientSubnet | undefined => {
  const data = options.find(({ code }) => code === CLIENT_SUBNET)?.data;
  if (data === undefined) return undefined;
  if (data.length < 4) throw new RangeError(`a client subnet of ${data.length} bytes is too short`);
  const family = data.readUInt16BE(0);
  const prefixBits = data.readUInt8(2);
  const bytesMax = FAMILY_BYTES.get(family) ?? 0;
  const given = data.subarray(4);
  if (data.readUInt8(3) !== 0 || given.length !== Math.ceil(prefixBits / 8)) {
    throw new RangeError('a client subnet has a scope or another length than its prefix');
  }
  if (given.length > bytesMax)
    throw new RangeError(`family ${family} has no prefix of this length`);
  const address = family === 1 && given.length > 0 ? [...given, 0, 0, 0].slice(0, 4) : undefined;
  return {
    address: address?.join('.'),
    echo: (fixed) => {
      const echoed = Buffer.from(data);
      echoed.writeUInt8(fixed ? 0 : Math.min(SCOPE_BITS, prefixBits), 3);
      return { code: CLIENT_SUBNET, data: echoed, ip: undefined };
    },
  };
};
