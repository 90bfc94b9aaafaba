import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { openStateFile } from '../state/stateFile.ts';
import { ACCOUNT_ID, AwsError } from '../wire/types.ts';

const parameter = z.object({
  name: z.string(),
  type: z.enum(['String', 'StringList', 'SecureString']),
  value: z.string(),
  /** What callers see of a secure value unless they ask for decryption; it tells nothing of it. */
  cover: z.string().optional(),
  version: z.number(),
  modifiedMs: z.number(),
  description: z.string().optional(),
  allowedPattern: z.string().optional(),
  keyId: z.string().optional(),
});
export type Parameter = z.infer<typeof parameter>;

const parameters = z.record(z.string(), parameter);

export const newCover = (): string => randomBytes(96).toString('base64');

export const arnOf = (region: string, name: string): string =>
  `arn:aws:ssm:${region}:${ACCOUNT_ID}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

/** The parameters of one region. Their file is readable by its owner only, secrets included. */
export const openParameters = async (dataDir: string, region: string) => {
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new AwsError('ValidationException', `no region is called ${region}`, {}, 400);
  }
  const file = path.join(dataDir, 'ssm', `${region}.json`);
  const state = await openStateFile(file, parameters, {});
  await chmod(path.dirname(file), 0o700);
  return {
    get: (name: string): Parameter | undefined =>
      Object.hasOwn(state.value, name) ? state.value[name] : undefined,
    all: (): Parameter[] =>
      Object.values(state.value).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    put: (next: Parameter): Promise<void> => state.save({ ...state.value, [next.name]: next }),
    async remove(name: string): Promise<void> {
      const { [name]: _, ...kept } = state.value;
      await state.save(kept);
    },
  };
};

export type Parameters = Awaited<ReturnType<typeof openParameters>>;
