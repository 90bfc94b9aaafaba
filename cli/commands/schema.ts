/** `failover schema`: the JSON Schema of the configuration, or of what a command prints with --json. */
import * as z from 'zod';
import { AckOutput } from '../../events/ackOutput.ts';
import { AnomaliesOutput } from '../../events/anomaliesOutput.ts';
import { CheckOutput } from '../../events/checkOutput.ts';
import { CostOutput } from '../../events/costOutput.ts';
import { DeployOutput } from '../../events/deployOutput.ts';
import { DrillReport } from '../../events/drillReport.ts';
import { DrillStopped } from '../../events/drillStopped.ts';
import { ExportOutput } from '../../events/exportOutput.ts';
import { FailoverReport } from '../../events/failoverReport.ts';
import { FaultOutput } from '../../events/faultOutput.ts';
import { HistoryOutput } from '../../events/historyOutput.ts';
import { InitOutput } from '../../events/initOutput.ts';
import { LintOutput } from '../../events/lintOutput.ts';
import { OrderOutput } from '../../events/orderOutput.ts';
import { PromotionOrder } from '../../events/promoteOutput.ts';
import { RankingOutput } from '../../events/rankingOutput.ts';
import { RegionsOutput } from '../../events/regionsOutput.ts';
import { RecordCheck, ReplayOutput } from '../../events/replayOutput.ts';
import { SimOutput } from '../../events/simOutput.ts';
import { StatusOutput, WatchFact } from '../../events/statusOutput.ts';
import { WatchReady } from '../../events/watchOutput.ts';
import { SCHEMA_NAMES } from '../choices.ts';
import { configJsonSchema } from '../config/knownKeys.ts';
import type { Output } from '../output/output.ts';

const outputSchema = (schema: z.ZodType, title: string) => (): Record<string, unknown> => ({
  ...z.toJSONSchema(schema, { unrepresentable: 'any' }),
  title,
});

const SCHEMAS = {
  config: configJsonSchema,
  report: outputSchema(DrillReport, 'failover report --json, failover drill --json'),
  init: outputSchema(InitOutput, 'failover init --json'),
  check: outputSchema(CheckOutput, 'failover check --json'),
  history: outputSchema(HistoryOutput, 'failover history --json'),
  ranking: outputSchema(RankingOutput, 'failover rank --json'),
  export: outputSchema(ExportOutput, 'failover export --json'),
  failover: outputSchema(FailoverReport, 'failover report <failover> --json'),
  replay: outputSchema(ReplayOutput, 'failover replay --json'),
  verify: outputSchema(RecordCheck, 'failover verify --json'),
  anomalies: outputSchema(AnomaliesOutput, 'failover anomalies --json'),
  ack: outputSchema(AckOutput, 'failover ack --json'),
  watch: outputSchema(WatchReady, 'failover watch --json, its first line'),
  fact: outputSchema(WatchFact, 'failover watch --json, each further line'),
  status: outputSchema(StatusOutput, 'failover status --json'),
  stopped: outputSchema(DrillStopped, 'failover drill --stop --json'),
  order: outputSchema(OrderOutput, 'failover flip, back and approve with --json'),
  promotion: outputSchema(PromotionOrder, 'failover promote and rollback with --json'),
  fault: outputSchema(FaultOutput, 'failover fault --json'),
  lint: outputSchema(LintOutput, 'failover lint --json'),
  cost: outputSchema(CostOutput, 'failover cost --json'),
  deploy: outputSchema(DeployOutput, 'failover deploy --json'),
  sim: outputSchema(SimOutput, 'failover sim --json'),
  regions: outputSchema(RegionsOutput, 'failover regions --json'),
} satisfies Record<(typeof SCHEMA_NAMES)[number], () => Record<string, unknown>>;

type SchemaName = keyof typeof SCHEMAS;

const isName = (name: string): name is SchemaName => Object.hasOwn(SCHEMAS, name);

/** @throws RangeError for a name that is none of SCHEMA_NAMES. */
export const schemaOf = (name: string): Record<string, unknown> => {
  if (!isName(name)) throw new RangeError(`no schema ${name}: ${SCHEMA_NAMES.join(', ')}`);
  return SCHEMAS[name]();
};

export const schema = (name: string, output: Output): void => {
  const found = schemaOf(name);
  output.result(found, () => [JSON.stringify(found, null, 2)]);
};
