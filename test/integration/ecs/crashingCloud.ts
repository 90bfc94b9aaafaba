// Runs tasks until it is killed: started by crash.test.ts with a data folder, the kind of task and
// their number. Prints the ids of the tasks when they run.
import { runTasks, startCloud, startProcessCloud, untilStatus } from './harness.ts';
import { openImages } from './toyImage.ts';

const [dataDir = '', kind, count] = process.argv.slice(2);
// The data folder stands in the command line, by which the test finds the process.
const program = `setInterval(() => {}, 1000, ${JSON.stringify(dataDir)})`;
const cloud =
  kind === 'containers'
    ? await startCloud(await openImages(dataDir))
    : await startProcessCloud({ toy: program }, { dataDir });
const container = kind === 'containers' ? {} : { portMappings: [] };
const arns = await runTasks(cloud, 'toy', { container, run: { count: Number(count) } });
await untilStatus(cloud, arns, ['RUNNING']);
console.log(JSON.stringify(arns.map((arn) => arn.split('/').at(-1))));
