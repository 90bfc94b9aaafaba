import { AwsError, type WireRequest } from './types.ts';

const incomplete = (why: string) =>
  new AwsError('IncompleteBody', `the aws-chunked request body is broken: ${why}`, {}, 400);

const CHUNK_HEAD_BYTES_MAX = 1024;

const lineAt = (body: Buffer, offset: number): { line: string; next: number } => {
  const end = body.indexOf('\r\n', offset);
  if (end < 0 || end - offset > CHUNK_HEAD_BYTES_MAX) throw incomplete('a line has no end');
  return { line: body.toString('latin1', offset, end), next: end + 2 };
};

const decode = (body: Buffer): { content: Buffer; trailers: Record<string, string> } => {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const { line, next } = lineAt(body, offset);
    const [hex = ''] = line.split(';');
    if (!/^[0-9a-fA-F]{1,8}$/.test(hex))
      throw incomplete(`"${line.slice(0, 40)}" is no chunk size`);
    const size = Number.parseInt(hex, 16);
    offset = next;
    if (size === 0) break;
    if (offset + size + 2 > body.length) throw incomplete('a chunk is cut short');
    chunks.push(body.subarray(offset, offset + size));
    if (body.toString('latin1', offset + size, offset + size + 2) !== '\r\n') {
      throw incomplete('a chunk is longer than its size');
    }
    offset += size + 2;
  }
  const trailers: Record<string, string> = {};
  while (offset < body.length) {
    const { line, next } = lineAt(body, offset);
    offset = next;
    const colon = line.indexOf(':');
    if (colon > 0)
      trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { content: Buffer.concat(chunks), trailers };
};

const isChunked = ({ headers }: WireRequest): boolean =>
  /\baws-chunked\b/.test(headers['content-encoding'] ?? '') ||
  (headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');

/**
 * Unpacks a body in AWS's own chunk framing, in which S3 clients sign and check long uploads.
 * Checksum trailers become headers; chunk signatures are not checked.
 * @throws AwsError IncompleteBody when the frames do not add up.
 */
export const unpackChunked = (request: WireRequest): WireRequest => {
  if (!isChunked(request)) return request;
  const { content, trailers } = decode(Buffer.from(request.body));
  const announced = request.headers['x-amz-decoded-content-length'];
  if (announced !== undefined && Number(announced) !== content.length) {
    throw incomplete(`${content.length} bytes came, ${announced} were announced`);
  }
  const encodings = (request.headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== '' && encoding !== 'aws-chunked');
  const { 'content-encoding': _, ...kept } = request.headers;
  const headers = {
    ...kept,
    ...trailers,
    'content-length': String(content.length),
    ...(encodings.length > 0 ? { 'content-encoding': encodings.join(',') } : {}),
  };
  return { ...request, headers, body: content };
};
