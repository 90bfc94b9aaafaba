// Goal: requests are told apart however the bytes are cut, and a failing one never reaches the server.
// Method: the same request stream in pieces of random size; every second request fails.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHttpFaults } from '../../../local/network/httpFaults.ts';

const REQUESTS = [
  'GET /1 HTTP/1.1\r\nhost: x\r\n\r\n',
  'POST /2 HTTP/1.1\r\nContent-Length: 12\r\n\r\nGET / HTTP/1',
  'PUT /3 HTTP/1.1\r\nhost: x\r\ncontent-length:4\r\n\r\n\r\n\r\n',
  'GET /4 HTTP/1.1\r\n\r\n',
];

const run = (pieces: readonly string[], statuses: (number | undefined)[]) => {
  let passed = '';
  let answered = '';
  const take = createHttpFaults({
    errorStatus: () => statuses.shift(),
    pass: (bytes) => {
      passed += bytes.toString();
    },
    answer: (bytes) => {
      answered += bytes.toString();
    },
  });
  for (const piece of pieces) take(Buffer.from(piece));
  return { passed, answered };
};

describe('HTTP faults', () => {
  it('fail whole requests, in pieces of any size', () => {
    const text = REQUESTS.join('');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: text.length }), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = edges.slice(1).map((end, i) => text.slice(edges[i], end));
        const { passed, answered } = run(
          pieces.filter((piece) => piece !== ''),
          [undefined, 503, undefined, 500],
        );
        expect(passed).toBe(`${REQUESTS[0]}${REQUESTS[2]}`);
        expect(answered.match(/HTTP\/1\.1 \d+ [\w ]+/g)).toEqual([
          'HTTP/1.1 503 Service Unavailable',
          'HTTP/1.1 500 Internal Server Error',
        ]);
      }),
    );
  });

  it('end the connection after a request of unknown length', () => {
    const chunked = 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
    expect(run([chunked], [undefined])).toEqual({ passed: chunked, answered: '' });
    const failed = run([chunked], [503]);
    expect(failed.passed).toBe('');
    expect(failed.answered).toContain('connection: close');
  });

  it('let through what is no HTTP', () => {
    const noise = 'x'.repeat(70_000);
    expect(run([noise, 'more'], [503]).passed).toBe(`${noise}more`);
  });
});
