/** A function as registered: where its code is and how it runs. */
export type FunctionSpec = {
  readonly region: string;
  readonly name: string;
  /** Absolute path of the bundled ES module. */
  readonly codePath: string;
  /** `module.export`, as in CloudFormation; the code path ends with `<module>.mjs`. */
  readonly handler: string;
  readonly timeoutS: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Whose rights it has; all rights when absent. */
  readonly roleArn?: string;
};

/** One line that a sandbox wrote, or that the platform wrote about it. */
export type LogLine = {
  readonly region: string;
  readonly functionName: string;
  /** The invocation under way, or the last one; undefined before the first. */
  readonly requestId: string | undefined;
  readonly stream: 'stdout' | 'stderr' | 'platform';
  /** Epoch milliseconds. */
  readonly at: number;
  /** The line as written, without its line end. */
  readonly text: string;
};

export type LogSink = (line: LogLine) => void;

/** What a sandbox is told of the network around it. */
export type SandboxNetwork = {
  /** Address that connections of the region's sandboxes come from; undefined leaves it to the kernel. */
  readonly sourceAddress: (region: string) => string | undefined;
  /** `address` or `address:port` of the region's DNS resolver; undefined leaves the machine's own. */
  readonly resolver: (region: string) => string | undefined;
};

/** One invocation on its way to an environment. */
export type Invocation = {
  readonly requestId: string;
  /** The event as JSON text. */
  readonly payload: string;
  /** Decoded client context as JSON text, for synchronous calls. */
  readonly clientContext?: string;
};

export type InvocationResult = {
  /** `Unhandled` when the function failed; the payload is then the error object. */
  readonly functionError?: 'Unhandled';
  /** JSON text. */
  readonly payload: string;
  /** The last log lines of the invocation, at most 4 KB. */
  readonly logTail: string;
};
