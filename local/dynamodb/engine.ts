import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as z from 'zod';
import { DrillError } from '../../core/errors.ts';
import { corruptFile } from '../state/failures.ts';
import { ACCOUNT_ID, AwsError } from '../wire/types.ts';

/** An item, a key or a request in DynamoDB's own JSON. */
export type Json = Record<string, unknown>;

/** What dynalite answers on its own; the rest of DynamoDB stands in front of it. */
export const ENGINE_OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;
export type EngineOperation = (typeof ENGINE_OPERATIONS)[number];

type TableInfo = {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string }[];
};

export type Engine = {
  /** Runs one operation; rejects with the AwsError that DynamoDB answers. */
  run(operation: EngineOperation, input: Json): Promise<Json>;
  /** Whether the write's condition holds now, and the item it was held against. Writes nothing. */
  check(
    operation: 'PutItem' | 'UpdateItem' | 'DeleteItem',
    input: Json,
  ): Promise<{ readonly holds: boolean; readonly item: Json | undefined }>;
  table(name: string): Promise<TableInfo>;
  /** The primary key of an item, or of a key that is complete. */
  keyOf(table: string, item: Json): Promise<Json>;
  item(table: string, key: Json): Promise<Json | undefined>;
  close(): Promise<void>;
};

type Callback<T> = (error: unknown, value?: T) => void;

const callable = <T>() => z.custom<T>((it) => typeof it === 'function');
const subDb = z.object({
  get: callable<(key: string, done: Callback<unknown>) => void>(),
  put: callable<(key: string, value: unknown, done: Callback<unknown>) => void>(),
});
type SubDb = z.infer<typeof subDb>;

// dynalite has no types and no promised inner interface: it is pinned, and this is all of it we use.
type Store = {
  readonly tableDb: SubDb & { awsRegion: string; awsAccountId: string };
  readonly db: { open(): Promise<void>; close(): Promise<void> };
  getItemDb(table: string): SubDb;
  getTable(name: string, checkStatus: boolean, done: Callback<unknown>): void;
};
type Database = {
  create(options: Json): Store;
  createKey(item: Json, table: TableInfo): string;
  checkConditional(input: Json, item: Json | undefined): unknown;
  validateItem(item: Json, table: TableInfo): unknown;
  validateKey(key: Json, table: TableInfo): unknown;
};
type Action = (store: Store, input: Json, done: Callback<Json>) => void;
type Validation = { types: unknown; custom: unknown };
type Validations = {
  toLowerFirst(name: string): string;
  checkTypes(input: Json, types: unknown): Json;
  checkValidations(input: Json, types: unknown, custom: unknown, store: Store): void;
};

const require = createRequire(import.meta.url);
const part = <T>(loaded: unknown, functions: readonly string[]): T =>
  z
    .custom<T>((it) => functions.every((key) => typeof Reflect.get(Object(it), key) === 'function'))
    .parse(loaded);

const database = part<Database>(require('dynalite/db'), [
  'create',
  'createKey',
  'checkConditional',
  'validateKey',
]);
const validations = part<Validations>(require('dynalite/validations'), [
  'checkTypes',
  'checkValidations',
]);
const actions = new Map(
  ENGINE_OPERATIONS.map((name) => {
    const file = validations.toLowerFirst(name);
    const action = callable<Action>().parse(require(`dynalite/actions/${file}`));
    const validation = part<Validation>(require(`dynalite/validations/${file}`), []);
    return [name, { action, validation }];
  }),
);

const refusal = z.object({
  statusCode: z.number(),
  body: z.object({
    __type: z.string(),
    message: z.string().optional(),
    Message: z.string().optional(),
  }),
});

const asAwsError = (error: unknown): unknown => {
  const parsed = refusal.safeParse(error);
  if (!parsed.success) return error;
  const { body, statusCode } = parsed.data;
  const name = body.__type.split('#')[1] ?? body.__type;
  return new AwsError(name, body.message ?? body.Message ?? '', {}, statusCode);
};

const awaited = <T>(start: (done: Callback<T>) => void): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(asAwsError(error)) : resolve(value)));
  });

const tableInfo = z.looseObject({
  TableName: z.string(),
  TableStatus: z.string(),
  KeySchema: z.array(z.looseObject({ AttributeName: z.string() })),
});
const itemJson = z.record(z.string(), z.unknown());

const SETTLE_POLLS_MAX = 2_000;
const SETTLE_POLL_MS = 1;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const describe = async (store: Store, name: string): Promise<TableInfo> => {
  const found = await awaited<unknown>((done) => store.getTable(name, false, done));
  return tableInfo.parse(found);
};

/** dynalite changes tables in the background; answers wait for it, so no table is seen half changed. */
const settled = async (store: Store, name: unknown): Promise<void> => {
  if (typeof name !== 'string') return;
  for (let polls = 0; polls < SETTLE_POLLS_MAX; polls++) {
    const table = await describe(store, name).catch((error: unknown) => {
      if (error instanceof AwsError) return undefined;
      throw error;
    });
    if (!table || table.TableStatus === 'ACTIVE') return;
    await pause(SETTLE_POLL_MS);
  }
};

const keyConditions = z.record(
  z.string(),
  z.looseObject({ AttributeValueList: z.array(z.record(z.string(), z.unknown())) }),
);

/** dynalite compares keys with an empty value; DynamoDB refuses it, as it does where an item is written. */
const refuseEmptyKeys = (conditions: unknown): void => {
  for (const [key, { AttributeValueList }] of Object.entries(keyConditions.parse(conditions))) {
    const empty = AttributeValueList.find((value) => value['S'] === '' || value['B'] === '');
    if (!empty) continue;
    const kind = 'S' in empty ? 'string' : 'binary';
    throw new AwsError(
      'ValidationException',
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot ' +
        `contain an empty ${kind} value. Key: ${key}`,
      {},
      400,
    );
  }
};

const parsedInput = (store: Store, operation: EngineOperation, input: Json): Json => {
  const entry = actions.get(operation);
  if (!entry) throw new AwsError('UnknownOperationException', '', {}, 400);
  try {
    const { types, custom } = entry.validation;
    const data = validations.checkTypes(structuredClone(input), types);
    validations.checkValidations(data, types, custom, store);
    return data;
  } catch (error) {
    throw asAwsError(error);
  }
};

/** Tables that a crash left half made or half deleted are brought to their end. */
const repair = async (store: Store, run: Engine['run']): Promise<void> => {
  const listed = await run('ListTables', {});
  for (const name of z.array(z.string()).parse(listed['TableNames'])) {
    const table = await describe(store, name);
    if (table.TableStatus === 'ACTIVE') continue;
    const active = { ...table, TableStatus: 'ACTIVE' };
    await awaited<unknown>((done) => store.tableDb.put(name, active, done));
    if (table.TableStatus === 'DELETING') await run('DeleteTable', { TableName: name });
  }
};

/** A full disk shows here as LevelDB's own error, which names it in words only. */
const named = (folder: string, found: string, cause: unknown): DrillError =>
  /no space left/i.test(found)
    ? new DrillError('DiskFull', `no space left to open ${folder}; free some space`, {}, cause)
    : corruptFile(folder, found, cause);

/** Opens the tables of one region; `folder` holds them and survives kill -9. No port is opened. */
export const openEngine = async (folder: string, region: string): Promise<Engine> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = database.create({
    path: folder,
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  try {
    await store.db.open();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw named(folder, `cannot be opened as tables: ${why.trim()}`, cause);
  }
  store.tableDb.awsRegion = region;
  store.tableDb.awsAccountId = ACCOUNT_ID;

  const run: Engine['run'] = async (operation, input) => {
    const data = parsedInput(store, operation, input);
    if (operation === 'Query') refuseEmptyKeys(data['KeyConditions']);
    const entry = actions.get(operation);
    const answer = await awaited<Json>((done) => entry?.action(store, data, done));
    const copy = structuredClone(answer ?? {});
    if (/^(Create|Delete|Update)Table$/.test(operation)) await settled(store, input['TableName']);
    return copy;
  };

  const table: Engine['table'] = (name) => describe(store, name);

  const read = async (info: TableInfo, key: Json): Promise<Json | undefined> => {
    const db = store.getItemDb(info.TableName);
    const found = await awaited<unknown>((done) =>
      db.get(database.createKey(key, info), done),
    ).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotFoundError') return undefined;
      throw error;
    });
    return found === undefined ? undefined : itemJson.parse(found);
  };

  const check: Engine['check'] = async (operation, input) => {
    const data = parsedInput(store, operation, input);
    const info = await table(z.string().parse(data['TableName']));
    const isPut = operation === 'PutItem';
    const key = itemJson.parse(isPut ? data['Item'] : data['Key']);
    const invalid = isPut ? database.validateItem(key, info) : database.validateKey(key, info);
    if (invalid) throw asAwsError(invalid);
    const item = await read(info, key);
    return { holds: !database.checkConditional(data, item), item };
  };

  await repair(store, run);
  return {
    run,
    check,
    table,
    keyOf: async (name, item) => {
      const { KeySchema } = await table(name);
      return Object.fromEntries(KeySchema.map(({ AttributeName: key }) => [key, item[key]]));
    },
    item: async (name, key) => read(await table(name), key),
    close: () => store.db.close(),
  };
};
