/** Why a state failed, as Retry and Catch see it. */
export type FailureDetail = {
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** Set when a JSONata expression failed: the history then tells of it in an event of its own. */
  readonly evaluation?: { readonly location: string | undefined; readonly afterEntry: boolean };
  /** The timeout was a missed heartbeat, which `States.HeartbeatTimeout` matches too. */
  readonly heartbeat?: boolean;
};

/** A state, branch or execution failed. `error` is the name that Retry and Catch match. */
export class StateFailure extends Error {
  readonly detail: FailureDetail;
  constructor(detail: FailureDetail) {
    super(`${detail.error ?? 'failed'}: ${detail.cause ?? ''}`);
    this.name = 'StateFailure';
    this.detail = detail;
  }
}

/** Thrown where the name of the state is not known; the runner puts the state in front of `reason`. */
export class StateFault extends Error {
  readonly error: string;
  readonly reason: string;
  readonly evaluation: FailureDetail['evaluation'];
  constructor(error: string, reason: string, evaluation?: FailureDetail['evaluation']) {
    super(reason);
    this.name = 'StateFault';
    this.error = error;
    this.reason = reason;
    this.evaluation = evaluation;
  }
}

/** A fault of the kind that neither Retry nor Catch can handle. */
export const runtimeFault = (reason: string): StateFault =>
  new StateFault('States.Runtime', reason);

/** A JSONata expression or what it gave was wrong; `location` is the field, `/` between levels. */
export const evaluationFault = (
  reason: string,
  location: string | undefined,
  afterEntry = false,
): StateFault => new StateFault('States.QueryEvaluationError', reason, { location, afterEntry });

/** Abort reason of an engine that closes: the execution goes on after the next start. */
export class Closing extends Error {
  override readonly name = 'Closing';
}

/** The branch was told to stop, because a sibling failed or the execution was ended. */
export class Aborted extends Error {
  constructor() {
    super('the branch was stopped');
    this.name = 'Aborted';
  }
}

/** The AWS sentence in front of a reason. */
export const inState = (fault: StateFault, state: string, enteredId: number): StateFailure =>
  new StateFailure({
    error: fault.error,
    cause: `An error occurred while executing the state '${state}' (entered at the event id #${enteredId}). ${fault.reason}`,
    ...(fault.evaluation ? { evaluation: fault.evaluation } : {}),
  });
