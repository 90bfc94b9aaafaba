import type { ImageConfig } from '../../containers/types.ts';

/** How tasks are run on this machine. Every result is labelled with it. */
export type RunnerKind = 'runc' | 'docker' | 'podman' | 'process';

/** An image in the storage of the container engine. */
export type ContainerImage = {
  readonly kind: 'container';
  /** The name or id under which the engine has it. */
  readonly name: string;
  /** Manifest digest, `sha256:...`. */
  readonly digest: string;
  readonly config: ImageConfig;
};

/** What a stage of a Dockerfile left on this machine where no container engine is to be had. */
export type ProcessImage = {
  readonly kind: 'process';
  readonly digest: string | undefined;
  /** Absolute working folder of the command. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
};

export type TaskImage = ContainerImage | ProcessImage;

/** One container as its task definition and the overrides of RunTask ask for it. */
export type ContainerSpec = {
  /** 32 hexadecimal digits, unique on this machine. */
  readonly taskId: string;
  readonly image: TaskImage;
  /** Replace the image's own when given. */
  readonly entryPoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  /** Added to the image's own. */
  readonly environment: Readonly<Record<string, string>>;
  readonly readonlyRoot: boolean;
  /** 1024 units are one CPU. */
  readonly cpuUnits: number;
  readonly memoryMb: number;
  /** TCP ports that others connect to. */
  readonly ports: readonly number[];
};

export type Endpoint = { readonly host: string; readonly port: number };

export type Exit = {
  /** 128 plus the signal number for a container ended by a signal. */
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** What the runner knows of why it ended. */
  readonly reason?: string;
};

export type RunningContainer = {
  /** Where a container port is reached on this machine. */
  endpoint(containerPort: number): Endpoint;
  /** Resolves after the container ended and everything it used is freed. */
  readonly exited: Promise<Exit>;
  /** Sends the image's stop signal. */
  stop(): void;
  kill(): void;
  /** Limits of the task definition that this machine cannot hold the container to. */
  readonly notEnforced: readonly Limit[];
};

export type Limit = 'cpu' | 'memory' | 'pids';

export type OutputSink = (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void;

export type Runner = {
  readonly kind: RunnerKind;
  /** Why this runner: for the log and the report. */
  readonly reason: string;
  /** Resolves when the container's own process runs. @throws StartError */
  start(spec: ContainerSpec, output: OutputSink): Promise<RunningContainer>;
  /** Frees what was shared between containers. Running containers must have ended before. */
  close(): Promise<void>;
};

/** The container could not be made or started. The message is fit for `stoppedReason`. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
