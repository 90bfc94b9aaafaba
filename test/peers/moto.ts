/** The contract tests on moto, as far as it has the calls. */

import { ACCOUNT_ID } from '../../local/wire/types.ts';
import { judgePeer } from './contract.ts';
import { DYNAMODB_FILES } from './dynamodbLocal.ts';
import { pythonProgram } from './install.ts';
import { MOTO_LISTED } from './listed.ts';
import { type PeerServer, startPeer } from './server.ts';

/** What is installed. */
export const MOTO = 'moto[server]==5.2.5';

/** Services that moto stands in for, and the tests that call them; weeks of nights take it minutes. */
export const MOTO_TRIALS: readonly { scopes: string[]; files: readonly string[] }[] = [
  {
    scopes: ['dynamodb', 'logs', 'route53', 's3', 'ssm'],
    files: [
      ...DYNAMODB_FILES,
      'aws/dnsRecord.test.ts',
      'aws/dnsSwitch.test.ts',
      'logs.test.ts',
      's3.test.ts',
      'ssm.test.ts',
    ],
  },
  { scopes: ['ec2'], files: ['ec2.test.ts'] },
  { scopes: ['ecr'], files: ['ecr.test.ts'] },
];

/** A moto of one account, which is that of the embedded cloud. */
export const startMoto = async (): Promise<PeerServer> => {
  const program = await pythonProgram(MOTO, 'moto_server');
  const argsAt = (port: string) => ['--host', '127.0.0.1', '--port', port];
  return startPeer(program, argsAt, { MOTO_ACCOUNT_ID: ACCOUNT_ID });
};

/** Number of faults, each of them said. */
export const judgeMoto = async (): Promise<number> => {
  const server = await startMoto();
  try {
    let faults = 0;
    for (const { scopes, files } of MOTO_TRIALS) {
      const peer = { url: server.url, scopes, resetPath: '/moto-api/reset' };
      const listed = MOTO_LISTED.filter(({ file }) => files.includes(file));
      faults += await judgePeer({ name: MOTO, peer, files, listed });
    }
    return faults;
  } finally {
    await server.stop();
  }
};
