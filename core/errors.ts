/**
 * Error names are API: state machines match them in `ErrorEquals`, scripts match them in `--json`
 * output. A name is never reused for another meaning.
 */
export const ERROR_NAMES = [
  // Input that must be changed by a person.
  'ConfigInvalid',
  'DockerfileInvalid',
  'InputInvalid',
  'CsvInvalid',
  // The drill cannot go on.
  'ReferenceFailed',
  'DrillFailed',
  'NoCandidates',
  'TooFewRounds',
  'DrillNotFound',
  'DeployBlocked',
  'DeployFailed',
  'AwsBlocked',
  'DataCorrupt',
  // One part failed; the drill goes on without it.
  'PlacementFailed',
  'NotReady',
  'TaskDied',
  'TaskInterrupted',
  'VantageUnreachable',
  'AlreadyRecorded',
  // Worth another try.
  'TransientFailure',
  'NotifyFailed',
  // The machine the drill runs on.
  'AddressInUse',
  'DiskFull',
  'DataFolderInUse',
  'WatchNotRunning',
  'Interrupted',
] as const;

export type ErrorName = (typeof ERROR_NAMES)[number];

/** An error whose `name` is stable. `details` are facts for programs; the message is for people. */
export class DrillError extends Error {
  override readonly name: ErrorName;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    name: ErrorName,
    message: string,
    details: Record<string, unknown> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = name;
    this.details = details;
  }
}
