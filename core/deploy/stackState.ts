/**
 * What a stack's status means for who deploys. Statuses of CloudFormation as of its API reference, `StackStatus`.
 */

export type StackFound = {
  /** Null where there is no stack of the name. */
  readonly status: string | null;
  /** What CloudFormation says of it. */
  readonly reason: string;
};

export type StackVerdict =
  /** Can be made, changed or deleted now. */
  | { readonly kind: 'create' | 'update' }
  /** CloudFormation is at work: look again. */
  | { readonly kind: 'wait' }
  /** A person must do something first. */
  | { readonly kind: 'blocked'; readonly remedy: string };

type Place = { readonly name: string; readonly region: string };

const READY = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE', 'IMPORT_COMPLETE'];

const command = (verb: string, { name, region }: Place): string =>
  `aws cloudformation ${verb} --stack-name ${name} --region ${region}`;

const remedyOf = (status: string, place: Place): string => {
  switch (status) {
    case 'ROLLBACK_COMPLETE':
    case 'IMPORT_ROLLBACK_COMPLETE':
      return `it was never whole, and can only be deleted: ${command('delete-stack', place)}`;
    case 'CREATE_FAILED':
    case 'ROLLBACK_FAILED':
      return `look why with ${command('describe-stack-events', place)}, then ${command('delete-stack', place)}`;
    case 'DELETE_FAILED':
      return `look what could not be deleted with ${command('describe-stack-events', place)}, free it, then ${command('delete-stack', place)}`;
    case 'UPDATE_FAILED':
      return command('rollback-stack', place);
    case 'UPDATE_ROLLBACK_FAILED':
      return `mend what could not be rolled back, then ${command('continue-update-rollback', place)}`;
    case 'REVIEW_IN_PROGRESS':
      return `it holds nothing but a change set that nobody has carried out: ${command('delete-stack', place)}`;
    default:
      return `look at it with ${command('describe-stacks', place)}`;
  }
};

/** Whether a deployment can go on with a stack as it was found. */
export const judgeStack = ({ status }: StackFound, place: Place): StackVerdict => {
  if (status === null || status === 'DELETE_COMPLETE') return { kind: 'create' };
  if (READY.includes(status)) return { kind: 'update' };
  // Waits for a person, and not for CloudFormation.
  if (status === 'REVIEW_IN_PROGRESS') return { kind: 'blocked', remedy: remedyOf(status, place) };
  if (status.endsWith('_IN_PROGRESS')) return { kind: 'wait' };
  return { kind: 'blocked', remedy: remedyOf(status, place) };
};

/** Whether it can be deleted: whatever rests can, also what failed. */
export const judgeRemoval = ({ status }: StackFound): 'absent' | 'wait' | 'delete' => {
  if (status === null || status === 'DELETE_COMPLETE') return 'absent';
  return status.endsWith('_IN_PROGRESS') && status !== 'REVIEW_IN_PROGRESS' ? 'wait' : 'delete';
};
