/** Executions of a state machine. */
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isAwsError, MAX_ATTEMPTS, type SdkSettings } from './sdk.ts';

/** ARN of an execution of a standard machine, by its name. */
export const executionArnOf = (machineArn: string, name: string): string =>
  `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;

export const openMachines = (sdk: SdkSettings = {}) => {
  const client = new SFNClient({ maxAttempts: MAX_ATTEMPTS, ...sdk });

  /** Starts an execution. False: one of this name was started before, and that one counts. */
  const start = async (
    machineArn: string,
    name: string,
    input: unknown,
    signal?: AbortSignal,
  ): Promise<boolean> => {
    try {
      await client.send(
        new StartExecutionCommand({
          stateMachineArn: machineArn,
          name,
          input: JSON.stringify(input),
        }),
        signal ? { abortSignal: signal } : {},
      );
      return true;
    } catch (error) {
      if (isAwsError(error, 'ExecutionAlreadyExists')) return false;
      throw error;
    }
  };

  /** How an execution is; null when there is none of this name. */
  const status = async (
    machineArn: string,
    name: string,
    signal?: AbortSignal,
  ): Promise<'running' | 'ended' | null> => {
    try {
      const answer = await client.send(
        new DescribeExecutionCommand({ executionArn: executionArnOf(machineArn, name) }),
        signal ? { abortSignal: signal } : {},
      );
      return answer.status === 'RUNNING' || answer.status === 'PENDING_REDRIVE'
        ? 'running'
        : 'ended';
    } catch (error) {
      if (isAwsError(error, 'ExecutionDoesNotExist')) return null;
      throw error;
    }
  };

  return { start, status, close: () => client.destroy() };
};

export type Machines = ReturnType<typeof openMachines>;
