/** A drill that another process runs, seen from outside through its AWS endpoint. */
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { runningEndpoint } from '../../local/assembly/dataFolder.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import type { Running } from './drillCommand.ts';

const HOME = 'eu-central-1';
const MACHINE = `arn:aws:states:${HOME}:000000000000:stateMachine:failover-drill-tiny`;
const EVERY_MS = 40;

export const sfnAt = (endpoint: string): SFNClient =>
  new SFNClient({ endpoint, region: HOME, credentials: CREDENTIALS, maxAttempts: 1 });

const entered = async (sfn: SFNClient, state: string): Promise<string | undefined> => {
  const listed = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: MACHINE, statusFilter: 'RUNNING' }),
  );
  const [newest] = listed.executions ?? [];
  if (!newest?.executionArn) return undefined;
  const { events = [] } = await sfn.send(
    new GetExecutionHistoryCommand({
      executionArn: newest.executionArn,
      reverseOrder: true,
      maxResults: 1_000,
    }),
  );
  const now = events.find(({ stateEnteredEventDetails: at }) => at?.name === state);
  return now ? newest.name : undefined;
};

/** Waits until the drill of the service `tiny` enters a state; answers with the drill's id. */
export const untilState = async (dataDir: string, running: Running, state: string) => {
  let over: Error | undefined;
  void running.ended.then(({ code, stderr }) => {
    over = new Error(`the drill ended with ${code} before ${state}: ${stderr}`);
  });
  let sfn: SFNClient | undefined;
  try {
    for (;;) {
      if (over) throw over;
      const endpoint = runningEndpoint(dataDir);
      if (endpoint !== undefined) sfn ??= sfnAt(endpoint);
      // Until the new process listens, the folder may still name the endpoint of the one before.
      const found = sfn && (await entered(sfn, state).catch(() => undefined));
      if (found === undefined) sfn = undefined;
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  } finally {
    sfn?.destroy();
  }
};
