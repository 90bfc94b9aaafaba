import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../wire/types.ts';

const CRC32C_POLYNOMIAL = 0x82f63b78;

const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
  }
  return value >>> 0;
});

/** CRC-32C (Castagnoli), as RFC 3720 appendix B.4 has it. */
const crc32c = (content: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of content) crc = (crc >>> 8) ^ (crc32cTable[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
};

const base64OfUint32 = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString('base64');
};

const hashed = (algorithm: string) => (content: Uint8Array) =>
  createHash(algorithm).update(content).digest('base64');

/** Members of PutObject that carry a checksum, and how each is computed. */
const CHECKSUMS: Readonly<Record<string, (content: Uint8Array) => string>> = {
  ContentMD5: hashed('md5'),
  ChecksumCRC32: (content) => base64OfUint32(crc32(content)),
  ChecksumCRC32C: (content) => base64OfUint32(crc32c(content)),
  ChecksumSHA1: hashed('sha1'),
  ChecksumSHA256: hashed('sha256'),
};

/**
 * Holds the content against every checksum that came with it, and returns those that S3 keeps.
 * Checksums of kinds not known here (such as CRC64NVME) are neither checked nor kept.
 * @throws AwsError BadDigest.
 */
export const verifiedChecksums = (input: object, content: Uint8Array): Record<string, string> => {
  const kept: Record<string, string> = {};
  for (const [member, compute] of Object.entries(CHECKSUMS)) {
    const announced: unknown = Reflect.get(input, member);
    if (typeof announced !== 'string') continue;
    if (compute(content) !== announced) {
      const name = member.replace('Checksum', '').replace('ContentMD5', 'Content-MD5');
      const what = `The ${name} you specified did not match the calculated checksum.`;
      throw new AwsError('BadDigest', what, {}, 400);
    }
    if (member !== 'ContentMD5') kept[member] = announced;
  }
  return kept;
};
