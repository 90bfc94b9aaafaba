import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
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

/** The interpreter that Debian's `aws` names in its first line: another one does not have its modules. */
const PYTHON = '/usr/bin/python3';
const COMMANDS = path.join(import.meta.dirname, 'commands.py');
const Ran = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });

const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  AWS_ACCESS_KEY_ID: 'AKIDLOCAL',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_DEFAULT_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
};

/** The AWS command line, loaded once, for one command after the other. */
const openAws = () => {
  const child = spawn(PYTHON, [COMMANDS], {
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    run: async ({ url }: Pick<WireServer, 'url'>, args: readonly string[]): Promise<AwsAnswer> => {
      child.stdin.write(
        `${JSON.stringify(['--endpoint-url', url, '--output', 'json', ...args])}\n`,
      );
      const { value, done } = await answers.next();
      if (done) throw new Error(`${PYTHON} ${COMMANDS} ended without an answer`);
      const { code, stdout, stderr } = Ran.parse(JSON.parse(value));
      const json = code === 0 && stdout.trim() ? JSON.parse(stdout) : undefined;
      return { code, json, error: code === 0 ? '' : stderr };
    },
    close: (): void => {
      child.stdin.end();
    },
  };
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
    let aws: ReturnType<typeof openAws>;
    beforeAll(async () => {
      service = await open(folder);
      server = await startEndpoint([service.front]);
      aws = openAws();
    });
    afterAll(async () => {
      aws.close();
      await server.close();
      await service.close();
      remove();
    });
    test.each(cases)('$name', async ({ args, prints, fails }) => {
      const answer = await aws.run(server, await args(folder));
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
