import type { Json } from './json.ts';
import type { Frame, Run } from './runtime.ts';

/** Time as the context object shows it. */
const isoTime = (ms: number): string => new Date(ms).toISOString();

const itemOf = (frame: Frame): Frame['item'] => {
  for (let at: Frame | undefined = frame; at; at = at.parent) if (at.item) return at.item;
  return undefined;
};

/** The context object (`$$`, `$states.context`) of the frame's current state. */
export const contextOf = (run: Run, frame: Frame): Json => {
  const { head } = run;
  const state = frame.graph.states.get(frame.state);
  const item = itemOf(frame);
  const token = frame.progress['token'];
  const retries = state?.type === 'Task' || state?.type === 'Parallel' || state?.type === 'Map';
  return {
    Execution: {
      Id: head.arn,
      Input: head.input,
      StartTime: isoTime(head.startMs),
      Name: head.name,
      RoleArn: head.roleArn,
      RedriveCount: head.redrive?.count ?? 0,
      ...(head.redrive ? { RedriveTime: isoTime(head.redrive.atMs) } : {}),
    },
    StateMachine: { Id: head.machineArn, Name: head.machineName },
    State: {
      Name: frame.state,
      EnteredTime: isoTime(frame.enteredMs),
      ...(retries ? { RetryCount: frame.retryCount } : {}),
    },
    ...(typeof token === 'string' ? { Task: { Token: token } } : {}),
    ...(item ? { Map: { Item: { Index: item.index, Value: item.value } } } : {}),
  };
};
