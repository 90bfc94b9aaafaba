import { HIGHEST_INDEX, LOWEST_INDEX, SCALE } from './mapping.ts';
import { addToBucket, buckets, emptySketch, type Sketch } from './sketch.ts';

const VERSION = 1;
const HEADER_BYTES = 16;
/** Gaps up to this many empty buckets share a byte with the count. */
const SHORT_GAP_MAX = 2;
const ZEROS_IN_HEADER_MAX = 0xfffe;
/** Says that the zero count follows as a varint. */
const ZEROS_FOLLOW = 0xffff;

/**
 * The bytes of a sketch, little-endian.
 *
 * | bytes | what |
 * |---|---|
 * | 0-3, 4-7, 8-11 | sum, min, max as 32-bit floats; an empty sketch has min Infinity, max -Infinity |
 * | 12 | scale, a signed byte: 5 |
 * | 13 | version of this layout: 1 |
 * | 14-15 | zero count; 65535 says that it stands as a varint right after the header |
 * | then | varint: how many buckets are filled; nothing follows 0 |
 * | then | zigzag varint: index of the first filled bucket; varint: its count |
 * | each further | varint of 4(count - 1) + min(gap, 3), gap being the empty buckets in between; a gap of 3 or more is followed by the varint gap - 3 |
 *
 * A varint is LEB128: seven bits a byte, the lowest first, the top bit set on all but the last. n is the
 * sum of all counts. Sum, min and max keep seven digits, so encoding twice gives the same bytes.
 */
export const encode = (sketch: Sketch): Uint8Array => {
  const header = new Uint8Array(HEADER_BYTES);
  const fields = new DataView(header.buffer);
  const zerosFollow = sketch.zeroCount > ZEROS_IN_HEADER_MAX;
  fields.setFloat32(0, sketch.sum, true);
  fields.setFloat32(4, sketch.min, true);
  fields.setFloat32(8, sketch.max, true);
  fields.setInt8(12, SCALE);
  fields.setUint8(13, VERSION);
  fields.setUint16(14, zerosFollow ? ZEROS_FOLLOW : sketch.zeroCount, true);

  const bytes: number[] = [];
  if (zerosFollow) pushVarint(bytes, sketch.zeroCount);
  const filled = buckets(sketch);
  pushVarint(bytes, filled.length);
  let previous: number | undefined;
  for (const { index, count } of filled) {
    if (previous === undefined) {
      pushVarint(bytes, index < 0 ? -2 * index - 1 : 2 * index);
      pushVarint(bytes, count);
    } else {
      const gap = index - previous - 1;
      pushVarint(bytes, 4 * (count - 1) + Math.min(gap, SHORT_GAP_MAX + 1));
      if (gap > SHORT_GAP_MAX) pushVarint(bytes, gap - SHORT_GAP_MAX - 1);
    }
    previous = index;
  }
  const stored = new Uint8Array(HEADER_BYTES + bytes.length);
  stored.set(header);
  stored.set(bytes, HEADER_BYTES);
  return stored;
};

/** Division instead of shifts, because counts may exceed 32 bits. */
const pushVarint = (bytes: number[], value: number): void => {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
};

/** @throws RangeError that says what is wrong when the bytes are not a sketch of this layout. */
export const decode = (bytes: Uint8Array): Sketch => {
  if (bytes.length <= HEADER_BYTES) throw broken(`${bytes.length} bytes are too few`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (header.getUint8(13) !== VERSION) {
    throw broken(`layout version ${header.getUint8(13)} found, ${VERSION} expected`);
  }
  if (header.getInt8(12) !== SCALE) {
    throw broken(`scale ${header.getInt8(12)} found, ${SCALE} expected`);
  }
  const read = varintReader(bytes, HEADER_BYTES);
  const zeros = header.getUint16(14, true);
  const sketch = emptySketch();
  sketch.sum = header.getFloat32(0, true);
  sketch.min = header.getFloat32(4, true);
  sketch.max = header.getFloat32(8, true);
  sketch.zeroCount = zeros === ZEROS_FOLLOW ? read.next() : zeros;
  sketch.n = sketch.zeroCount;
  readBuckets(sketch, read.next(), read.next);
  if (read.at() !== bytes.length) throw broken(`${bytes.length - read.at()} bytes left over`);
  return sketch;
};

const readBuckets = (sketch: Sketch, filled: number, next: () => number): void => {
  let index = 0;
  for (let bucket = 0; bucket < filled; bucket++) {
    let count: number;
    if (bucket === 0) {
      const zigzag = next();
      index = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      count = next();
    } else {
      const pair = next();
      const gap = pair % 4;
      index += 1 + gap + (gap > SHORT_GAP_MAX ? next() : 0);
      count = Math.floor(pair / 4) + 1;
    }
    if (!(index >= LOWEST_INDEX && index <= HIGHEST_INDEX)) throw broken(`bucket ${index} found`);
    addToBucket(sketch, index, count);
    sketch.n += count;
  }
};

const varintReader = (
  bytes: Uint8Array,
  start: number,
): { next: () => number; at: () => number } => {
  let at = start;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 53; factor *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined) throw broken(`it ends after ${bytes.length} bytes`);
      value += (byte % 0x80) * factor;
      if (byte < 0x80) return value;
    }
    throw broken(`a number near byte ${at} is too long`);
  };
  return { next, at: () => at };
};

const broken = (what: string): RangeError => new RangeError(`not a stored sketch: ${what}`);
