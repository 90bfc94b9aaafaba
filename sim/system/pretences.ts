/** Answers of AWS to calls that it refuses, or that it does not carry out as it says. */
import type { WireResponse } from '../../local/wire/types.ts';
import type { Asked } from './wire.ts';

const refusal = (status: number, name: string, service: string): WireResponse => {
  const message = `${name} by the simulation`;
  const xml = service === 's3' || service === 'route53';
  const headers = {
    'content-type': xml ? 'application/xml' : 'application/x-amz-json-1.0',
    'x-amzn-errortype': name,
    'x-amzn-requestid': 'refused',
  };
  const error = `<Error><Code>${name}</Code><Message>${message}</Message></Error>`;
  const route53 = `<ErrorResponse><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>refused</RequestId></ErrorResponse>`;
  const text = xml
    ? service === 's3'
      ? error
      : route53
    : JSON.stringify({ __type: name, message });
  return { status, headers, body: Buffer.from(text, 'utf8') };
};

const THROTTLED: Readonly<Record<string, readonly [status: number, name: string]>> = {
  dynamodb: [400, 'ProvisionedThroughputExceededException'],
  s3: [503, 'SlowDown'],
  lambda: [429, 'TooManyRequestsException'],
  route53: [400, 'Throttling'],
};

export const throttled = (service: string): WireResponse =>
  refusal(...(THROTTLED[service] ?? ([400, 'ThrottlingException'] as const)), service);

export const failing = (service: string): WireResponse =>
  refusal(500, service === 's3' ? 'InternalError' : 'InternalFailure', service);

/** Of a table with strong consistency over regions: another region writes the same item. */
export const writeConflict: WireResponse = refusal(
  400,
  'ReplicatedWriteConflictException',
  'dynamodb',
);

const answer = (status: number, contentType: string, text: string): WireResponse => ({
  status,
  headers: { 'content-type': contentType, 'x-amzn-requestid': 'pretended' },
  body: Buffer.from(text, 'utf8'),
});

const UNSEEN_OBJECT: WireResponse = {
  ...{ status: 200, headers: { etag: '"00000000000000000000000000000000"' } },
  body: Buffer.alloc(0),
};

const changeAnswer = (root: string, changeId: string, status: 'PENDING' | 'INSYNC'): WireResponse =>
  answer(
    200,
    'text/xml',
    `<${root} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">` +
      `<ChangeInfo><Id>/change/${changeId}</Id><Status>${status}</Status>` +
      `<SubmittedAt>2026-11-20T12:00:00Z</SubmittedAt></ChangeInfo></${root}>`,
  );

/** What Route 53 answers about a change that it makes late. */
export const lateChange = (changeId: string, isMade: boolean): WireResponse =>
  changeAnswer('GetChangeResponse', changeId, isMade ? 'INSYNC' : 'PENDING');

/** Answers with which a service says that it has done what it has not, or not yet. */
const PRETENCES: Readonly<
  Record<string, (asked: Asked, changeId: string) => WireResponse | undefined>
> = {
  s3: ({ operation }) => (operation.startsWith('PUT') ? UNSEEN_OBJECT : undefined),
  route53: ({ operation }, changeId) =>
    /^POST .*\/rrset/.test(operation)
      ? changeAnswer('ChangeResourceRecordSetsResponse', changeId, 'PENDING')
      : undefined,
  events: ({ operation }) =>
    operation === 'PutEvents'
      ? answer(200, 'application/x-amz-json-1.1', '{"FailedEntryCount":0,"Entries":[]}')
      : undefined,
  lambda: ({ isHandedOver }) =>
    isHandedOver === true ? answer(202, 'application/json', '') : undefined,
  states: ({ operation }) =>
    operation === 'StartExecution'
      ? answer(200, 'application/x-amz-json-1.0', '{"executionArn":"arn:late","startDate":0}')
      : undefined,
};

/** Lambda and Step Functions keep what they have accepted, and take their time. */
const ALWAYS_LATE: ReadonlySet<string> = new Set(['lambda', 'states']);

/** What is accepted is never carried out, or only after a while. */
export type Pretence = { readonly answer: WireResponse; readonly mayBeLost: boolean };

/** What a service answers that makes no use of a call yet; undefined for calls that cannot be faked. */
export const pretence = (asked: Asked, changeId: string): Pretence | undefined => {
  const faked = PRETENCES[asked.service]?.(asked, changeId);
  return faked && { answer: faked, mayBeLost: !ALWAYS_LATE.has(asked.service) };
};

/** A switch object that was not written, although the answer says so. */
export const unseenObject = UNSEEN_OBJECT;
