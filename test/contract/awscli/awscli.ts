import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WireServer } from '../../../local/wire/server.ts';
import type { ServiceFront } from '../../../local/wire/types.ts';
import { startEndpoint, temporaryFolder } from '../endpoint.ts';

// The distribution's own package: another `aws` may stand earlier on PATH.
const AWS = '/usr/bin/aws';

/** Why the tests with the AWS command line cannot run here; undefined when they can. */
const missingAwscli = existsSync(AWS)
  ? undefined
  : `no ${AWS}: apt-get install -y --no-install-recommends awscli`;

type AwsAnswer = { readonly code: number; readonly json: unknown; readonly error: string };

const run = promisify(execFile);

/** Runs one command of the AWS command line against the endpoint. */
const aws = async (
  server: Pick<WireServer, 'url'>,
  args: readonly string[],
): Promise<AwsAnswer> => {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: '/nonexistent',
    AWS_ACCESS_KEY_ID: 'AKIDLOCAL',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  };
  try {
    const { stdout } = await run(AWS, ['--endpoint-url', server.url, '--output', 'json', ...args], {
      env,
    });
    return { code: 0, json: stdout.trim() ? JSON.parse(stdout) : undefined, error: '' };
  } catch (error) {
    const { code, stderr } = Object(error);
    return { code: Number(code), json: undefined, error: String(stderr) };
  }
};

export type AwscliCase = {
  readonly name: string;
  /** Arguments after `aws`, once they are known; the folder is an empty one for files. */
  readonly args: (folder: string) => readonly string[] | Promise<readonly string[]>;
  /** What the printed JSON must contain, as `toMatchObject` compares; undefined prints nothing. */
  readonly prints?: unknown;
  /** The error code that must be named, where the command must fail. */
  readonly fails?: string;
};

type Service = { readonly front: ServiceFront; close(): Promise<void> };

/**
 * Runs a table of commands in order against one service, each after the other, so that a case may
 * build on those above it.
 */
export const awscliTable = (
  name: string,
  open: (dataDir: string) => Promise<Service>,
  cases: readonly AwscliCase[],
): void => {
  const title = missingAwscli ? `${name} with the AWS command line (${missingAwscli})` : name;
  describe.skipIf(missingAwscli)(title, () => {
    const { folder, remove } = temporaryFolder();
    let service: Service;
    let server: WireServer;
    beforeAll(async () => {
      service = await open(folder);
      server = await startEndpoint([service.front]);
    });
    afterAll(async () => {
      await server.close();
      await service.close();
      remove();
    });
    test.each(cases)('$name', async ({ args, prints, fails }) => {
      const answer = await aws(server, await args(folder));
      if (fails !== undefined) {
        expect(answer.code).not.toBe(0);
        expect(answer.error).toContain(`(${fails})`);
        return;
      }
      expect(answer.error).toBe('');
      if (prints === undefined) expect(answer.json).toBeUndefined();
      else expect(answer.json).toMatchObject(Object(prints));
    });
  });
};
