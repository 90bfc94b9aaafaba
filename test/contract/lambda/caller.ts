// A function for the tests: asks Lambda of another region, as the functions of the drill do.
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';

export const handler = async ({ region, calls }: { region: string; calls: number }) => {
  const client = new LambdaClient({ region, maxAttempts: 1 });
  const names: (string | undefined)[] = [];
  const times: number[] = [];
  for (let i = 0; i < calls; i += 1) {
    const startedMs = performance.now();
    const { Functions = [] } = await client.send(new ListFunctionsCommand({}));
    times.push(performance.now() - startedMs);
    names.push(...Functions.map(({ FunctionName }) => FunctionName));
  }
  return { names: [...new Set(names)], times };
};
