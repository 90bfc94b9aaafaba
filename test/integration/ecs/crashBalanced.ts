// Runs a service behind a load balancer until it is killed: started by balanced.test.ts with a data
// folder. Prints where it is reached once it serves.
import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import {
  makeBalancer,
  makeService,
  registerImage,
  startBalancedCloud,
  targetStates,
} from '../../support/balancedCloud.ts';

const [dataDir = ''] = process.argv.slice(2);
const cloud = await startBalancedCloud(dataDir);
await cloud.ecs.send(new CreateClusterCommand({ clusterName: 'drill' }));
const balancer = await makeBalancer(cloud);
await registerImage(cloud, 'one');
await makeService(cloud, balancer.targetGroupArn);
while ((await targetStates(cloud, balancer.targetGroupArn)).join() !== 'healthy,healthy') {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write(`${JSON.stringify(balancer)}\n`);
