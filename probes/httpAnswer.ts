/** Reads one HTTP/1.1 answer, piece by piece (RFC 9112), within bounds. */

const HEAD_BYTES_MAX = 32 * 1024;
const LINE_BYTES_MAX = 8 * 1024;
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
class AnswerError extends Error {
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

const chunkSizeOf = (line: string): number => {
  const size = /^([\dA-Fa-f]{1,8})(?:[ \t]*;.*)?$/.exec(line)?.[1];
  if (size === undefined) throw new AnswerError(`chunk size "${line.slice(0, 60)}"`);
  return Number.parseInt(size, 16);
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

/** Feed it what comes in until it says that the answer is complete. */
export class AnswerReader {
  readonly answer: Answer = { status: 0, headers: new Map(), bodyBytes: 0, bodyText: '' };
  readonly #limits: AnswerLimits;
  readonly #utf8: InstanceType<typeof TextDecoder> | undefined;
  #part: Part = 'head';
  /** The head, or a line of the chunk framing, as far as it has come in. */
  #text = '';
  /** Of the body, or of the chunk. */
  #leftBytes = 0;
  #interimAnswers = 0;
  #trailerBytes = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
    this.#utf8 = limits.keepBody ? new TextDecoder() : undefined;
  }

  /** True once the answer is complete. @throws AnswerError */
  feed(bytes: Buffer, length: number): boolean {
    let at = 0;
    while (at < length && this.#part !== 'done') at = this.#step(bytes, at, length);
    return this.#part === 'done';
  }

  /** The other end closed: true when that completes the answer. */
  end(): boolean {
    if (this.#part === 'untilClose') this.#part = 'done';
    return this.#part === 'done';
  }

  /** Takes what it can of one part; answers where the next starts. */
  #step(bytes: Buffer, from: number, length: number): number {
    switch (this.#part) {
      case 'head':
        return this.#takeHead(bytes, from, length);
      case 'counted':
      case 'chunk':
        return this.#takeCounted(bytes, from, length);
      case 'untilClose':
        this.#takeBody(bytes, from, length);
        return length;
      case 'chunkSize':
      case 'chunkEnd':
      case 'trailer':
        return this.#takeLine(bytes, from, length);
      case 'done':
        return length;
    }
  }

  #takeHead(bytes: Buffer, from: number, length: number): number {
    const had = this.#text.length;
    this.#text += bytes.toString('latin1', from, length);
    const end = this.#text.indexOf('\r\n\r\n', Math.max(0, had - 3));
    if ((end < 0 ? this.#text.length : end) > HEAD_BYTES_MAX) {
      throw new AnswerError(`head of more than ${HEAD_BYTES_MAX} bytes`);
    }
    if (end < 0) {
      // What cannot become a status line need not be waited for.
      if (!'HTTP/1.'.startsWith(this.#text.slice(0, 7))) statusOf(this.#text);
      return length;
    }
    const [statusLine = '', ...lines] = this.#text.slice(0, end).split('\r\n');
    this.answer.status = statusOf(statusLine);
    this.answer.headers = headersOf(lines);
    this.#text = '';
    if (this.answer.status >= 200) this.#startBody();
    else this.#skipInterim();
    return from + end + 4 - had;
  }

  #skipInterim(): void {
    if (this.answer.status === 101) throw new AnswerError('status 101 without being asked');
    this.#interimAnswers += 1;
    if (this.#interimAnswers > INTERIM_ANSWERS_MAX) {
      throw new AnswerError(`more than ${INTERIM_ANSWERS_MAX} interim answers`);
    }
  }

  #startBody(): void {
    const { noBody, bodyBytesMax } = this.#limits;
    const framing = framingOf(this.answer, noBody);
    if (framing === 'chunked') this.#part = 'chunkSize';
    else if (framing === 'close') this.#part = 'untilClose';
    else {
      if (framing > bodyBytesMax) {
        throw new AnswerError(`body of ${framing} bytes, more than ${bodyBytesMax}`);
      }
      this.#leftBytes = framing;
      this.#part = framing === 0 ? 'done' : 'counted';
    }
  }

  #takeBody(bytes: Buffer, from: number, to: number): void {
    const { answer } = this;
    answer.bodyBytes += to - from;
    if (answer.bodyBytes > this.#limits.bodyBytesMax) {
      throw new AnswerError(`body of more than ${this.#limits.bodyBytesMax} bytes`);
    }
    if (this.#utf8)
      answer.bodyText += this.#utf8.decode(bytes.subarray(from, to), { stream: true });
  }

  #takeCounted(bytes: Buffer, from: number, length: number): number {
    const to = Math.min(length, from + this.#leftBytes);
    this.#takeBody(bytes, from, to);
    this.#leftBytes -= to - from;
    if (this.#leftBytes === 0) this.#part = this.#part === 'chunk' ? 'chunkEnd' : 'done';
    return to;
  }

  #takeLine(bytes: Buffer, from: number, length: number): number {
    const found = bytes.indexOf(LF, from);
    const to = found < 0 || found >= length ? length : found + 1;
    this.#text += bytes.toString('latin1', from, to);
    if (this.#text.length > LINE_BYTES_MAX) {
      throw new AnswerError(`line of more than ${LINE_BYTES_MAX} bytes in the chunked body`);
    }
    if (this.#text.endsWith('\n')) {
      if (!this.#text.endsWith('\r\n')) {
        throw new AnswerError('line that ends in a bare line feed');
      }
      const line = this.#text.slice(0, -2);
      this.#text = '';
      this.#endLine(line);
    }
    return to;
  }

  #endLine(line: string): void {
    if (this.#part === 'chunkSize') {
      this.#leftBytes = chunkSizeOf(line);
      this.#part = this.#leftBytes === 0 ? 'trailer' : 'chunk';
    } else if (this.#part === 'chunkEnd') {
      if (line !== '') throw new AnswerError('chunk longer than its size');
      this.#part = 'chunkSize';
    } else if (line === '') this.#part = 'done';
    else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > HEAD_BYTES_MAX) {
        throw new AnswerError(`trailer of more than ${HEAD_BYTES_MAX} bytes`);
      }
    }
  }
}
