import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { roleKey } from '../iam/roleKey.ts';
import { preferProcess } from '../precedence.ts';
import type { FunctionSpec, SandboxNetwork } from './types.ts';

export type Runtime = {
  /** The bundled bootstrap.ts. */
  readonly bootstrapPath: string;
};

type Needs = {
  readonly spec: FunctionSpec;
  readonly taskRoot: string;
  readonly apiAddress: string;
  readonly endpoint: string;
  readonly network: SandboxNetwork;
  readonly runtime: Runtime;
  readonly logStream: string;
};

const identity = ({ spec, network }: Needs): Record<string, string> => {
  const source = network.sourceAddress(spec.region);
  const resolver = network.resolver(spec.region);
  return {
    ...(source === undefined ? {} : { SANDBOX_SOURCE_ADDRESS: source }),
    ...(resolver === undefined ? {} : { SANDBOX_RESOLVER: resolver }),
  };
};

/** Where Node keeps what it compiled: beside the code, for all who run it and as long as it is there. */
const COMPILED = '.compiled';

/** What Lambda gives a function, the function's own variables, and nothing of this process. */
const environmentOf = (needs: Needs): Record<string, string> => {
  const { spec } = needs;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    ...spec.environment,
    AWS_LAMBDA_RUNTIME_API: needs.apiAddress,
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_LAMBDA_FUNCTION_NAME: spec.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${spec.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: needs.logStream,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_ACCESS_KEY_ID:
      spec.roleArn === undefined ? 'AKIDEMBEDDEDCLOUD' : roleKey(spec.roleArn, spec.name),
    AWS_SECRET_ACCESS_KEY: 'embedded',
    AWS_SESSION_TOKEN: 'embedded',
    AWS_ENDPOINT_URL: needs.endpoint,
    // The settings of whoever runs this are not the function's.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    LAMBDA_TASK_ROOT: needs.taskRoot,
    _HANDLER: spec.handler,
    SANDBOX_COMPILE_CACHE: path.join(needs.taskRoot, COMPILED),
    ...identity(needs),
  };
};

/**
 * Starts the process of one environment as the leader of its own process group: a Ctrl-C at the
 * terminal is for this process alone, and a kill takes the sandbox's own children along.
 */
export const spawnSandbox = (needs: Needs): ChildProcess => {
  const { memoryMb } = needs.spec;
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${Math.max(48, Math.floor(memoryMb * 0.9))}`,
      `--max-semi-space-size=${Math.max(2, Math.floor(memoryMb * 0.05))}`,
      needs.runtime.bootstrapPath,
    ],
    {
      cwd: needs.taskRoot,
      env: environmentOf(needs),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  // Lambda gives each environment CPU of its own; here only precedence keeps a prober on its clock.
  if (child.pid !== undefined) preferProcess(child.pid);
  return child;
};

/** SIGKILL to the sandbox and everything it started. */
export const killSandbox = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
};

/** Resident memory of a process now and at its peak, in MB; undefined where /proc is not there. */
export const memoryOf = (pid: number): { nowMb: number; peakMb: number } | undefined => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    const [now, peak] = [kb('VmRSS'), kb('VmHWM')];
    return Number.isNaN(now) || Number.isNaN(peak)
      ? undefined
      : { nowMb: now / 1024, peakMb: Math.round(peak / 1024) };
  } catch {
    return undefined;
  }
};
