import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AwsError } from '../wire/types.ts';
import type { Engine, Json } from './engine.ts';
import type { Before, Ledger } from './ledger.ts';

const ITEMS_MAX = 100;
const TOKEN_MS = 10 * 60 * 1000;

const json = z.record(z.string(), z.unknown());
const write = z.looseObject({
  TableName: z.string(),
  Item: json.optional(),
  Key: json.optional(),
  ReturnValuesOnConditionCheckFailure: z.string().optional(),
});
const transactItem = z.strictObject({
  Put: write.optional(),
  Update: write.optional(),
  Delete: write.optional(),
  ConditionCheck: write.optional(),
});
const transactWrite = z.looseObject({
  TransactItems: z.array(transactItem).min(1).max(ITEMS_MAX),
  ClientRequestToken: z.string().min(1).max(36).optional(),
});
const transactGet = z.looseObject({
  TransactItems: z
    .array(z.strictObject({ Get: write }))
    .min(1)
    .max(ITEMS_MAX),
});

type Step = {
  readonly operation: 'PutItem' | 'UpdateItem' | 'DeleteItem';
  readonly onlyChecks: boolean;
  readonly input: z.infer<typeof write>;
};

const invalid = (message: string): AwsError =>
  new AwsError('ValidationException', message, {}, 400);

const parsed = <T>(schema: z.ZodType<T>, input: Json): T => {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(`The request is not a valid transaction: ${z.prettifyError(result.error)}`);
};

const stepOf = (item: z.infer<typeof transactItem>): Step => {
  const { Put, Update, Delete, ConditionCheck } = item;
  const steps: (Step | undefined)[] = [
    Put && { operation: 'PutItem', onlyChecks: false, input: Put },
    Update && { operation: 'UpdateItem', onlyChecks: false, input: Update },
    Delete && { operation: 'DeleteItem', onlyChecks: false, input: Delete },
    ConditionCheck && { operation: 'DeleteItem', onlyChecks: true, input: ConditionCheck },
  ];
  const [step, ...more] = steps.filter((it) => it !== undefined);
  if (!step || more.length > 0) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  return step;
};

const NO_REASON = { Code: 'None' };

const cancelled = (reasons: readonly Json[]): AwsError => {
  const codes = reasons.map(({ Code }) => String(Code)).join(', ');
  return new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
    400,
  );
};

const failedCheck = (step: Step, item: Json | undefined): Json => ({
  Code: 'ConditionalCheckFailed',
  Message: 'The conditional request failed',
  ...(step.input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && item ? { Item: item } : {}),
});

/** Puts items back as they were before a transaction that did not reach its end. */
export const rollBack = async (engine: Engine, ledger: Ledger): Promise<void> => {
  for (const { table, key, item } of ledger.undo()) {
    if (item) await engine.run('PutItem', { TableName: table, Item: item });
    else await engine.run('DeleteItem', { TableName: table, Key: key });
  }
  ledger.clearUndo();
};

const checkAll = async (engine: Engine, steps: readonly Step[]): Promise<Before[]> => {
  const before: Before[] = [];
  const reasons: Json[] = [];
  const seen = new Set<string>();
  for (const step of steps) {
    const { TableName: table } = step.input;
    const { holds, item } = await engine.check(step.operation, step.input);
    const key = await engine.keyOf(table, step.input.Item ?? step.input.Key ?? {});
    const identity = JSON.stringify([table, key]);
    if (seen.has(identity)) {
      throw invalid('Transaction request cannot include multiple operations on one item');
    }
    seen.add(identity);
    reasons.push(holds ? NO_REASON : failedCheck(step, item));
    if (!step.onlyChecks) before.push({ table, key, item });
  }
  if (reasons.some((reason) => reason !== NO_REASON)) throw cancelled(reasons);
  return before;
};

const applyAll = async (engine: Engine, ledger: Ledger, steps: readonly Step[]): Promise<void> => {
  for (const [index, { operation, onlyChecks, input }] of steps.entries()) {
    if (onlyChecks) continue;
    try {
      await engine.run(operation, input);
    } catch (error) {
      await rollBack(engine, ledger);
      if (!(error instanceof AwsError)) throw error;
      const reason = { Code: 'ValidationError', Message: error.message };
      throw cancelled(steps.map((_, at) => (at === index ? reason : NO_REASON)));
    }
  }
};

type Written = readonly { readonly table: string; readonly key: Json }[];

/**
 * TransactWriteItems. The caller holds the region alone. All conditions are checked, then the items
 * as they were are noted, then all is written: a crash or an error in between puts them back.
 * `publish` runs the writes with replication around them.
 */
export const transactWriteItems = async (
  engine: Engine,
  ledger: Ledger,
  request: Json,
  now: number,
  publish: (written: Written, work: () => Promise<void>) => Promise<void>,
): Promise<Json> => {
  const { TransactItems, ClientRequestToken: token } = parsed(transactWrite, request);
  const hash = createHash('sha256').update(JSON.stringify(TransactItems)).digest('hex');
  const known = token && ledger.tokenHash(token, now - TOKEN_MS);
  if (known === hash) return {};
  if (known) {
    throw new AwsError(
      'IdempotentParameterMismatchException',
      'The client request token was used before with other parameters',
      {},
      400,
    );
  }
  const steps = TransactItems.map(stepOf);
  const before = await checkAll(engine, steps);
  await publish(before, async () => {
    ledger.setUndo(before);
    await applyAll(engine, ledger, steps);
    ledger.commit(token, hash, now, now - TOKEN_MS);
  });
  return {};
};

/** TransactGetItems. The caller holds the region alone. */
export const transactGetItems = async (engine: Engine, request: Json): Promise<Json> => {
  const responses: Json[] = [];
  for (const { Get } of parsed(transactGet, request).TransactItems) {
    const { Item } = await engine.run('GetItem', { ...Get, ConsistentRead: true });
    responses.push(Item === undefined ? {} : { Item });
  }
  return { Responses: responses };
};
