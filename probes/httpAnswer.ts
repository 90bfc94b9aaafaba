/** Reads one HTTP/1.1 answer, piece by piece (RFC 9112), within bounds. */

const HEAD_BYTES_MAX = 32 * 1024;
const CHUNK_LINE_BYTES_MAX = 256;
const TRAILER_BYTES_MAX = 8 * 1024;
const INTERIM_ANSWERS_MAX = 8;

export type AnswerLimits = {
  readonly bodyBytesMax: number;
  /** Keep the body as text; otherwise its bytes are only counted. */
  readonly keepBody: boolean;
  /** The answer to a HEAD request has no body, whatever its headers say. */
  readonly noBody: boolean;
};

export type Answer = {
  status: number;
  /** Names in lower case; values of a repeated name joined by a comma. */
  headers: Map<string, string>;
  bodyBytes: number;
  bodyText: string;
};

/** The answer breaks the protocol or a bound. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

type Part =
  | 'head'
  | 'counted'
  | 'untilClose'
  | 'chunkSize'
  | 'chunk'
  | 'chunkEnd'
  | 'trailer'
  | 'done';

export type AnswerReader = {
  readonly answer: Answer;
  /** True once the answer is complete. @throws AnswerError */
  readonly feed: (bytes: Buffer, length: number) => boolean;
  /** The other end closed: true when that completes the answer. */
  readonly end: () => boolean;
};

const LF = 10;

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/;
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/;

const headersOf = (lines: readonly string[]): Map<string, string> => {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 1 || !TOKEN.test(name)) throw new AnswerError(`header line "${line.slice(0, 60)}"`);
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
};

const statusOf = (line: string): number => {
  const status = STATUS_LINE.exec(line)?.[1];
  if (status === undefined) throw new AnswerError(`status line "${line.slice(0, 60)}"`);
  return Number(status);
};

/** Length of the body, 'chunked', or 'close' when only the end of the connection bounds it. */
const framingOf = ({ status, headers }: Answer, noBody: boolean): number | 'chunked' | 'close' => {
  if (noBody || status === 204 || status === 304) return 0;
  const coding = headers.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() === 'chunked') return 'chunked';
    throw new AnswerError(`transfer-encoding "${coding.slice(0, 60)}"`);
  }
  const text = headers.get('content-length');
  if (text === undefined) return 'close';
  const values = new Set(text.split(',').map((value) => value.trim()));
  const [value = ''] = values;
  if (values.size !== 1 || !/^\d{1,15}$/.test(value)) {
    throw new AnswerError(`content-length "${text.slice(0, 60)}"`);
  }
  return Number(value);
};

export const createAnswerReader = ({
  bodyBytesMax,
  keepBody,
  noBody,
}: AnswerLimits): AnswerReader => {
  const answer: Answer = { status: 0, headers: new Map(), bodyBytes: 0, bodyText: '' };
  const utf8 = keepBody ? new TextDecoder() : undefined;
  let part: Part = 'head';
  /** The head, or the line of a chunk, as far as it has come in. */
  let text = '';
  let leftBytes = 0;
  let interimAnswers = 0;
  let trailerBytes = 0;

  const takeBody = (bytes: Buffer, from: number, to: number): void => {
    answer.bodyBytes += to - from;
    if (answer.bodyBytes > bodyBytesMax) {
      throw new AnswerError(`body of more than ${bodyBytesMax} bytes`);
    }
    if (utf8) answer.bodyText += utf8.decode(bytes.subarray(from, to), { stream: true });
  };

  const startBody = (): void => {
    const framing = framingOf(answer, noBody);
    if (framing === 'chunked') part = 'chunkSize';
    else if (framing === 'close') part = 'untilClose';
    else {
      if (framing > bodyBytesMax) {
        throw new AnswerError(`body of ${framing} bytes, more than ${bodyBytesMax}`);
      }
      leftBytes = framing;
      part = framing === 0 ? 'done' : 'counted';
    }
  };

  /** Reads up to the empty line after the headers; answers where the body starts. */
  const takeHead = (bytes: Buffer, from: number, length: number): number => {
    const had = text.length;
    text += bytes.toString('latin1', from, length);
    const end = text.indexOf('\r\n\r\n', Math.max(0, had - 3));
    if ((end < 0 ? text.length : end) > HEAD_BYTES_MAX) {
      throw new AnswerError(`head of more than ${HEAD_BYTES_MAX} bytes`);
    }
    if (end < 0) {
      if (!'HTTP/1.'.startsWith(text.slice(0, 7))) statusOf(text);
      return length;
    }
    const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
    answer.status = statusOf(statusLine);
    answer.headers = headersOf(lines);
    text = '';
    if (answer.status >= 200) startBody();
    else if (answer.status === 101) throw new AnswerError('status 101 without being asked');
    else if (++interimAnswers > INTERIM_ANSWERS_MAX) {
      throw new AnswerError(`more than ${INTERIM_ANSWERS_MAX} interim answers`);
    }
    return from + end + 4 - had;
  };

  /** Reads one line of the chunk framing; `done` gets it without its end. */
  const takeLine = (
    bytes: Buffer,
    from: number,
    length: number,
    done: (line: string) => void,
  ): number => {
    const found = bytes.indexOf(LF, from);
    const at = found < 0 || found >= length ? length : found + 1;
    text += bytes.toString('latin1', from, at);
    if (text.length > CHUNK_LINE_BYTES_MAX && part !== 'trailer') {
      throw new AnswerError('chunk line without end');
    }
    if (text.endsWith('\n')) {
      if (!text.endsWith('\r\n')) throw new AnswerError('line that ends in a bare line feed');
      const line = text.slice(0, -2);
      text = '';
      done(line);
    }
    return at;
  };

  const startChunk = (line: string): void => {
    const size = /^([\dA-Fa-f]{1,8})(?:[ \t]*;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw new AnswerError(`chunk size "${line.slice(0, 60)}"`);
    leftBytes = Number.parseInt(size, 16);
    part = leftBytes === 0 ? 'trailer' : 'chunk';
  };
  const endChunk = (line: string): void => {
    if (line !== '') throw new AnswerError('chunk longer than its size');
    part = 'chunkSize';
  };
  const endTrailerLine = (line: string): void => {
    if (line === '') part = 'done';
  };

  const takeCounted = (bytes: Buffer, from: number, length: number): number => {
    const to = Math.min(length, from + leftBytes);
    takeBody(bytes, from, to);
    leftBytes -= to - from;
    if (leftBytes === 0) part = part === 'chunk' ? 'chunkEnd' : 'done';
    return to;
  };

  const takeTrailer = (bytes: Buffer, from: number, length: number): number => {
    const to = takeLine(bytes, from, length, endTrailerLine);
    trailerBytes += to - from;
    if (trailerBytes > TRAILER_BYTES_MAX) throw new AnswerError('trailer without end');
    return to;
  };

  const step = (bytes: Buffer, from: number, length: number): number => {
    switch (part) {
      case 'head':
        return takeHead(bytes, from, length);
      case 'counted':
      case 'chunk':
        return takeCounted(bytes, from, length);
      case 'untilClose':
        takeBody(bytes, from, length);
        return length;
      case 'chunkSize':
        return takeLine(bytes, from, length, startChunk);
      case 'chunkEnd':
        return takeLine(bytes, from, length, endChunk);
      case 'trailer':
        return takeTrailer(bytes, from, length);
      case 'done':
        return length;
    }
  };

  return {
    answer,
    feed: (bytes, length) => {
      let at = 0;
      while (at < length && part !== 'done') at = step(bytes, at, length);
      return part === 'done';
    },
    end: () => {
      if (part === 'untilClose') part = 'done';
      return part === 'done';
    },
  };
};
