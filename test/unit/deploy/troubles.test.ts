// Goal: whoever operates at night reads what is in the way by its name, and what to do, not an error of the SDK.
// Method: the decision alone, on errors as AWS and Node word them.
import { describe, expect, it } from 'vitest';
import { notDeployed, troubleOf } from '../../../core/deploy/troubles.ts';

const AT = { service: 'shop', region: 'eu-central-1', deploy: 'failover deploy --stage prod' };
const error = (name: string, message = 'as AWS says', code?: string) =>
  code === undefined ? { name, message } : { name, message, code };

describe('an error of AWS', () => {
  it.each([
    ['CredentialsProviderError', 'no-credentials'],
    ['ExpiredTokenException', 'credentials-refused'],
    ['InvalidClientTokenId', 'credentials-refused'],
    ['UnrecognizedClientException', 'credentials-refused'],
    ['AccessDeniedException', 'permission-missing'],
    ['AccessDenied', 'permission-missing'],
    ['ResourceNotFoundException', 'not-deployed'],
    ['StateMachineDoesNotExist', 'not-deployed'],
    ['NoSuchBucket', 'not-deployed'],
    ['ThrottlingException', 'throttled'],
    ['TooManyRequestsException', 'throttled'],
    ['ProvisionedThroughputExceededException', 'throttled'],
    ['TimeoutError', 'not-answered'],
    ['ServiceUnavailableException', 'not-answered'],
  ])('%s is %s', (name, check) => {
    const trouble = troubleOf(error(name), AT);
    expect(trouble?.check).toBe(check);
    expect(trouble?.remedy.length).toBeGreaterThan(10);
  });

  it('says who may not do what on what, as far as AWS does', () => {
    const said =
      'User: arn:aws:sts::111122223333:assumed-role/oncall/ann is not authorized to perform: dynamodb:GetItem on ' +
      'resource: arn:aws:dynamodb:eu-central-1:111122223333:table/failover-drill-shop-watch because no ' +
      'identity-based policy allows the dynamodb:GetItem action';
    expect(troubleOf(error('AccessDeniedException', said), AT)?.what).toBe(
      'arn:aws:sts::111122223333:assumed-role/oncall/ann may not dynamodb:GetItem on ' +
        'arn:aws:dynamodb:eu-central-1:111122223333:table/failover-drill-shop-watch',
    );
    expect(troubleOf(error('AccessDenied', 'Access Denied'), AT)?.what).toBe(
      'AccessDenied: Access Denied',
    );
  });

  it('of a region that may not be enabled says so', () => {
    expect(troubleOf(error('InvalidClientTokenId'), AT)?.what).toContain(
      'or eu-central-1 is not enabled in the account',
    );
  });

  it('of the network is one of the home region', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN']) {
      expect(troubleOf(error('Error', 'connect', code), AT)).toMatchObject({
        check: 'not-answered',
        what: `AWS does not answer in eu-central-1, where the watch lives: ${code}: connect`,
      });
    }
  });

  it('that is a fault of ours stays what it is', () => {
    expect(troubleOf(error('TypeError', 'x is undefined'), AT)).toBeNull();
  });
});

it('what was not deployed is said with the command that deploys it', () => {
  const { what, remedy } = notDeployed(AT, 'no table');
  expect(what).toBe('shop is not deployed in eu-central-1: no table');
  expect(remedy).toContain('failover deploy --stage prod');
});
