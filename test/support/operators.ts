/**
 * People who operate a deployed service: commands with `--on aws` pointed at a running embedded cloud the way the
 * SDK points anywhere, each under a role of its own that allows what docs/aws.md lists for the command.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { OPERATORS, type Operating, statementsFor } from '../../core/deploy/operators.ts';
import { notedIn } from '../../local/iam/iam.ts';
import { roleKey } from '../../local/iam/roleKey.ts';
import { ACCOUNT_ID } from '../../local/wire/types.ts';
import type { Ended, Running, Workshop } from './drillCommand.ts';

const roleOf = (command: Operating): string =>
  `arn:aws:iam::${ACCOUNT_ID}:role/operator-${command.replace(/\W+/g, '-')}`;

const COMMANDS = Object.keys(OPERATORS).filter((name): name is Operating =>
  Object.hasOwn(OPERATORS, name),
);

type Operated = {
  readonly workshop: Workshop;
  /** Of the cloud; the workshop's unless given. */
  readonly dataDir?: string;
  readonly service: string;
  readonly region: string;
  readonly config: string;
  /** Of a cloud in this process; one that a command runs has written it down. */
  readonly endpoint?: () => string;
};

/** Declares the roles; call it before the cloud starts, which reads them then. */
export const openOperators = (operated: Operated) => {
  const { workshop, service, region, config } = operated;
  const { dataDir = workshop.dataDir() } = operated;
  const at = { service, accountId: ACCOUNT_ID, region };
  const folder = path.join(dataDir, 'iam');
  mkdirSync(folder, { recursive: true });
  const roles = COMMANDS.map((command) => [roleOf(command), statementsFor(command, at)]);
  writeFileSync(path.join(folder, 'roles.json'), JSON.stringify(Object.fromEntries(roles)));

  const written = (): string => readFileSync(path.join(dataDir, 'endpoint'), 'utf8').trim();
  const { endpoint = written } = operated;
  const envOf = (command: Operating): NodeJS.ProcessEnv => ({
    AWS_ENDPOINT_URL: endpoint(),
    AWS_ACCESS_KEY_ID: roleKey(roleOf(command), 'night'),
    AWS_SECRET_ACCESS_KEY: 'any',
  });
  type Options = { readonly as?: Operating; readonly env?: NodeJS.ProcessEnv };

  /** Starts a command under its own role, or as another. */
  const start = (
    [command, ...args]: readonly [Operating, ...string[]],
    { as = command, env = {} }: Options = {},
  ): Running => {
    const where = args.includes('--config') ? [] : ['--config', config];
    const all = [...command.split(' '), ...args, '--on', 'aws', ...where];
    return workshop.start(all, { ...envOf(as), ...env });
  };
  const run = (command: readonly [Operating, ...string[]], options: Options = {}): Promise<Ended> =>
    start(command, options).ended;

  /** `action resource` of everything that commands asked for under the role of one, each once. */
  const asked = (command: Operating): string[] =>
    notedIn(dataDir)
      .filter(({ role }) => role === roleOf(command))
      .map(({ action, resource }) => `${action} ${resource}`);

  /** Grants of a command that nothing asked for. */
  const unused = (command: Operating): string[] => {
    const used = asked(command);
    return statementsFor(command, at).flatMap(({ Action, Resource }) => {
      const prefix = Resource.replace(/\*$/, '');
      return Action.map((action) => `${action} ${prefix}`).filter(
        (grant) =>
          !used.some((one) => one === grant || (prefix !== Resource && one.startsWith(grant))),
      );
    });
  };
  return { start, run, asked, unused };
};

export type Operators = ReturnType<typeof openOperators>;
