/** The contract tests of everything that is kept in DynamoDB, on DynamoDB Local. */
import { judgePeer } from './contract.ts';
import { dynamodbLocalJars, say } from './install.ts';
import { DYNAMODB_LOCAL_LISTED } from './listed.ts';
import { startPeer } from './server.ts';

/** Of what is kept in DynamoDB, for every peer that has it. */
export const DYNAMODB_FILES: readonly string[] = [
  'aws/nights.test.ts',
  'aws/promotion.test.ts',
  'aws/storage.test.ts',
  'aws/watchCalls.test.ts',
  'aws/watchTable.test.ts',
  'dynamodb/tables.test.ts',
  'functions/cleanUp.test.ts',
  'functions/drill.test.ts',
  'functions/fencedListener.test.ts',
  'functions/finish.test.ts',
  'functions/flip.test.ts',
  'functions/images.test.ts',
  'functions/standby.test.ts',
  'functions/tell.test.ts',
  'functions/verify.test.ts',
];

/** With weeks of nights, which take other peers minutes. */
export const DYNAMODB_LOCAL_FILES: readonly string[] = [
  ...DYNAMODB_FILES,
  'functions/nights.test.ts',
  'functions/weeks.test.ts',
];

/** Number of faults; none where it cannot run, which it says. */
export const judgeDynamodbLocal = async (): Promise<number> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say('\nDynamoDB Local: not run, the library of SQLite that is pinned is for Linux on x64');
    return 0;
  }
  const jars = await dynamodbLocalJars();
  const server = await startPeer('java', (port) => [
    `-Dsqlite4java.library.path=${jars}`,
    ...['-cp', `${jars}/*`, 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'],
    ...['-inMemory', '-disableTelemetry', '-port', port],
  ]);
  try {
    // It keeps a database for each access key and region.
    const peer = { url: server.url, scopes: ['dynamodb'], resetPath: null };
    return await judgePeer({
      name: 'DynamoDB Local',
      peer,
      files: DYNAMODB_LOCAL_FILES,
      listed: DYNAMODB_LOCAL_LISTED,
    });
  } finally {
    await server.stop();
  }
};
