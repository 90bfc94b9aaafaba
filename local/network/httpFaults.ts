import { STATUS_CODES } from 'node:http';

const HEAD_BYTES_MAX = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

type Needs = {
  /** The status to answer the request with that has just arrived; undefined lets it pass. */
  readonly errorStatus: () => number | undefined;
  readonly pass: (bytes: Buffer) => void;
  readonly answer: (bytes: Buffer) => void;
};

const errorAnswer = (status: number, close: boolean): Buffer => {
  const body = `${status} ${STATUS_CODES[status] ?? 'Server Error'}\n`;
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Server Error'}`,
    'content-type: text/plain',
    `content-length: ${body.length}`,
    ...(close ? ['connection: close'] : []),
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
};

/** Length of the body that follows a request head; undefined when only the sender knows. */
const bodyBytes = (head: string): number | undefined => {
  if (/^(?:transfer-encoding|upgrade):/im.test(head)) return undefined;
  return Number(/^content-length:[ \t]*(\d+)/im.exec(head)?.[1] ?? 0);
};

/**
 * Watches the requests of one HTTP/1.1 connection and answers some with an error, as a broken
 * server behind a healthy network does. After a request whose length it cannot know, the rest of
 * the connection shares that request's fate.
 */
export const createHttpFaults = ({ errorStatus, pass, answer }: Needs) => {
  let head: Buffer = Buffer.alloc(0);
  let bodyLeft = 0;
  let failing = false;
  let opaque = false;

  const startRequest = (bytes: Buffer): Buffer | undefined => {
    head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      opaque = head.length > HEAD_BYTES_MAX;
      if (opaque) pass(head);
      return undefined;
    }
    const whole = head.subarray(0, end + HEAD_END.length);
    const rest = head.subarray(end + HEAD_END.length);
    head = Buffer.alloc(0);
    const body = bodyBytes(whole.toString('latin1'));
    const status = errorStatus();
    failing = status !== undefined;
    opaque = body === undefined;
    bodyLeft = body ?? 0;
    if (status === undefined) pass(whole);
    else answer(errorAnswer(status, opaque));
    return rest;
  };

  return (bytes: Buffer): void => {
    let left: Buffer | undefined = bytes;
    while (left !== undefined && left.length > 0) {
      if (bodyLeft === 0 && !opaque) {
        left = startRequest(left);
        continue;
      }
      const take = opaque ? left.length : Math.min(bodyLeft, left.length);
      if (!failing) pass(left.subarray(0, take));
      if (!opaque) bodyLeft -= take;
      left = left.subarray(take);
    }
  };
};
