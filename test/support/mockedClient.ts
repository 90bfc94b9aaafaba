/** A client of AWS whose answers are made up for one test file: files of one worker share the class. */
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll } from 'vitest';

export const mockedClient: typeof mockClient = (client) => {
  const mock = mockClient(client);
  afterAll(() => mock.restore());
  return mock;
};
