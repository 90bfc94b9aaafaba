/**
 * A client of AWS whose answers are made up: for one test, so that none is left to the next, and for one test file, as
 * files of one worker share the class.
 */
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach } from 'vitest';

export const mockedClient: typeof mockClient = (client) => {
  const mock = mockClient(client);
  afterEach(() => {
    mock.reset();
  });
  afterAll(() => mock.restore());
  return mock;
};
