/** What alarms are billed by. Source: CloudWatch pricing, "Alarms": each metric that an alarm looks at. */
import { listOf, type Tree, treeOf } from '../lint/model.ts';

/** Metrics that an alarm of CloudFormation looks at; an expression over them is none itself. */
export const alarmMetrics = (properties: Tree): number => {
  const inside = listOf(properties['Metrics']).filter(
    (one) => treeOf(one)['MetricStat'] !== undefined,
  );
  return inside.length + (properties['MetricName'] === undefined ? 0 : 1);
};
