// Runs one execution on real time and kills itself, without warning, at the n-th look at the clock.
import { realClock } from '../../../local/clock.ts';
import { createStepFunctions } from '../../../local/stepfunctions/engine.ts';
import { seededRandom } from '../../../local/stepfunctions/random.ts';
import { callContext } from '../../support/stateMachines.ts';
import { MACHINE } from './crashMachine.ts';

const [dataDir = '', killAfter = '0'] = process.argv.slice(2);

let looks = 0;
const clock = {
  ...realClock,
  now: () => {
    looks += 1;
    if (looks === Number(killAfter)) process.kill(process.pid, 'SIGKILL');
    return realClock.now();
  },
};

const engine = createStepFunctions({
  dataDir,
  clock,
  random: seededRandom(1),
  gateway: {
    call: async ({ input }) => ({
      StatusCode: 200,
      Payload: Reflect.get(Object(input), 'Payload'),
    }),
  },
});
const ask = (operation: string, input: object) =>
  Promise.resolve(engine.operations[operation]?.(input, callContext())).then(Object);

await engine.resume();
const { stateMachineArn } = await ask('CreateStateMachine', {
  name: 'crash',
  roleArn: 'arn:aws:iam::000000000000:role/machine',
  definition: JSON.stringify(MACHINE),
});
const { executions } = await ask('ListExecutions', { stateMachineArn });
if (executions.length === 0) await ask('StartExecution', { stateMachineArn, name: 'one' });
await engine.settled();
const executionArn = stateMachineArn.replace(':stateMachine:', ':execution:').concat(':one');
const { status, output } = await ask('DescribeExecution', { executionArn });
await engine.close();
console.log(JSON.stringify({ status, output, looks }));
