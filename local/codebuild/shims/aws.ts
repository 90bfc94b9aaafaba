/** The `aws` command inside an embedded build: `aws ecr get-login-password`, by a real SDK call. */
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';

/** What the AWS command line exits with when it does not understand its arguments. */
const USAGE_EXIT_CODE = 252;

const args = process.argv.slice(2);
const at = args.findIndex((word) => word === '--region' || word.startsWith('--region='));
const region = at < 0 ? undefined : (args[at]?.split('=')[1] ?? args[at + 1]);

if (args[0] === 'ecr' && args[1] === 'get-login-password') {
  const client = new ECRClient(region === undefined ? {} : { region });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData?.[0]?.authorizationToken ?? '';
  const password = Buffer.from(token, 'base64').toString().split(':')[1] ?? '';
  process.stdout.write(`${password}\n`);
} else {
  const asked = args.slice(0, 2).join(' ');
  process.stderr.write(
    `aws ${asked}: this build environment knows "aws ecr get-login-password" only\n`,
  );
  process.exitCode = USAGE_EXIT_CODE;
}
