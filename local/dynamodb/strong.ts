/**
 * Tables with multi-Region strong consistency (MRSC): one copy, in the region where the table was made, that every
 * replica reads and writes. What is refused is what AWS documents; where it gives the error and not its words, the
 * words are ours. Source: "How DynamoDB global tables work", and `UpdateTable` in the API reference.
 */
import * as z from 'zod';
import { STRONG_SETS } from '../../core/regions/strongSets.ts';
import { AwsError } from '../wire/types.ts';
import type { Json } from './engine.ts';
import type { Strong } from './ledger.ts';
import type { Region } from './region.ts';
import { createLike } from './replicas.ts';

const REGIONS = 3;

const invalid = (message: string): AwsError =>
  new AwsError('ValidationException', message, {}, 400);

const named = z.strictObject({ RegionName: z.string() });
const updates = z.looseObject({
  TableName: z.string(),
  MultiRegionConsistency: z.enum(['EVENTUAL', 'STRONG']).optional(),
  ReplicaUpdates: z
    .array(
      z.strictObject({
        Create: z.looseObject({ RegionName: z.string() }).optional(),
        Delete: named.optional(),
      }),
    )
    .default([]),
  GlobalTableWitnessUpdates: z
    .array(z.strictObject({ Create: named.optional(), Delete: named.optional() }))
    .max(1)
    .default([]),
});
const described = z.looseObject({
  ItemCount: z.number().default(0),
  LocalSecondaryIndexes: z.array(z.unknown()).default([]),
});
const batches = z.record(z.string(), z.unknown());

const read = (input: Json) => {
  const result = updates.safeParse(input);
  if (result.success) return result.data;
  throw invalid(z.prettifyError(result.error));
};

/** Whether an `UpdateTable` makes such a table, or takes one apart. */
export const isStrongUpdate = ({ ledger }: Region, input: Json): boolean => {
  const table = input['TableName'];
  const strong = typeof table === 'string' && ledger.strong(table) !== undefined;
  const touches = 'ReplicaUpdates' in input || 'GlobalTableWitnessUpdates' in input;
  return (
    input['MultiRegionConsistency'] === 'STRONG' ||
    'GlobalTableWitnessUpdates' in input ||
    (strong && touches)
  );
};

const wantedOf = (region: Region, input: Json): Strong & { readonly table: string } => {
  const { TableName: table, MultiRegionConsistency, ...rest } = read(input);
  const created = rest.ReplicaUpdates.flatMap(({ Create }) => Create?.RegionName ?? []);
  const [witness = null] = rest.GlobalTableWitnessUpdates.flatMap(
    ({ Create }) => Create?.RegionName ?? [],
  );
  if (MultiRegionConsistency !== 'STRONG') {
    throw invalid('A witness can only be added to a table with MultiRegionConsistency STRONG');
  }
  const replicas = [region.region, ...created];
  const all = [...replicas, ...(witness === null ? [] : [witness])];
  if (created.length === 0 || all.length !== REGIONS || new Set(all).size !== REGIONS) {
    throw invalid(
      'An MRSC global table must be in exactly three Regions: three replicas, or two replicas and one witness',
    );
  }
  if (!STRONG_SETS.some((set) => all.every((each) => set.includes(each)))) {
    throw invalid(`The Regions ${all.join(', ')} are not of one Region set of MRSC global tables`);
  }
  return { table, home: region.region, replicas, witness };
};

const makeStrong = async (
  region: Region,
  regionOf: (name: string) => Promise<Region>,
  input: Json,
): Promise<void> => {
  const { table, ...place } = wantedOf(region, input);
  const { Table } = await region.engine.run('DescribeTable', { TableName: table });
  const { ItemCount, LocalSecondaryIndexes } = described.parse(Table);
  const { Count } = await region.engine.run('Scan', { TableName: table, Limit: 1 });
  if (ItemCount > 0 || Number(Count) > 0) {
    throw invalid('A table must be empty to become an MRSC global table');
  }
  if (LocalSecondaryIndexes.length > 0) {
    throw invalid('Local secondary indexes are not supported for MRSC global tables');
  }
  if (region.ledger.timesToLive().some((ttl) => ttl.table === table)) {
    throw invalid('Time to Live is not supported for MRSC global tables');
  }
  if (region.ledger.replicas(table).length > 0 || region.ledger.strong(table)) {
    throw invalid('The consistency mode of a global table cannot be changed');
  }
  const others = await Promise.all(place.replicas.slice(1).map(regionOf));
  // Empty, so that each region knows the table; what is in it is at home.
  for (const { engine } of others) await engine.run('CreateTable', createLike(table, Table));
  for (const { ledger } of [region, ...others]) ledger.setStrong(table, place);
};

/** All but the region that is asked go at once: what is left is a table of that region alone. */
const takeApart = async (
  region: Region,
  regionOf: (name: string) => Promise<Region>,
  input: Json,
  place: Strong,
): Promise<void> => {
  const { TableName: table, ReplicaUpdates, GlobalTableWitnessUpdates } = read(input);
  const gone = ReplicaUpdates.flatMap(({ Delete }) => Delete?.RegionName ?? []);
  const [witness = null] = GlobalTableWitnessUpdates.flatMap(
    ({ Delete }) => Delete?.RegionName ?? [],
  );
  const others = place.replicas.filter((each) => each !== region.region);
  const whole = others.every((each) => gone.includes(each)) && gone.length === others.length;
  if (!whole || witness !== place.witness) {
    throw invalid(
      'Regions cannot be added to an MRSC global table, or removed from it one by one: delete all others together',
    );
  }
  const home = await regionOf(place.home);
  if (home !== region) {
    const { Items = [] } = await home.engine.run('Scan', { TableName: table });
    for (const Item of z.array(batches).parse(Items)) {
      await region.engine.run('PutItem', { TableName: table, Item });
    }
  }
  for (const each of await Promise.all(others.map(regionOf))) {
    each.ledger.setStrong(table, undefined);
    await each.engine.run('DeleteTable', { TableName: table });
  }
  region.ledger.setStrong(table, undefined);
};

/** Carries out an `UpdateTable` that `isStrongUpdate`. @throws AwsError as AWS refuses it. */
export const updateStrong = async (
  region: Region,
  regionOf: (name: string) => Promise<Region>,
  input: Json,
): Promise<void> => {
  const { TableName } = read(input);
  const place = region.ledger.strong(TableName);
  if (place === undefined) await makeStrong(region, regionOf, input);
  else await takeApart(region, regionOf, input, place);
};

export const strongDescription = ({ region, ledger }: Region, table: string): Json => {
  const place = ledger.strong(table);
  if (place === undefined) return {};
  const others = place.replicas.filter((each) => each !== region);
  return {
    GlobalTableVersion: '2019.11.21',
    MultiRegionConsistency: 'STRONG',
    Replicas: others.map((RegionName) => ({ RegionName, ReplicaStatus: 'ACTIVE' })),
    ...(place.witness === null
      ? {}
      : { GlobalTableWitnesses: [{ RegionName: place.witness, WitnessStatus: 'ACTIVE' }] }),
  };
};

/** Operations on the items of one table. */
const ON_ITEMS: ReadonlySet<string> = new Set([
  ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'],
]);
const BATCHES: ReadonlySet<string> = new Set(['BatchGetItem', 'BatchWriteItem']);
const TRANSACTIONS: ReadonlySet<string> = new Set(['TransactWriteItems', 'TransactGetItems']);

const tablesIn = (input: Json): string[] =>
  [...JSON.stringify(input['TransactItems'] ?? []).matchAll(/"TableName":"([^"]+)"/g)].map(
    ([, table = '']) => table,
  );

/** @throws AwsError for what AWS does not do with a table of this kind. */
const refuse = ({ ledger }: Region, operation: string, input: Json): void => {
  const strong = (table: unknown): boolean =>
    typeof table === 'string' && ledger.strong(table) !== undefined;
  if (TRANSACTIONS.has(operation) && tablesIn(input).some(strong)) {
    throw invalid('Transactional operations are not supported on MRSC global tables');
  }
  if (operation === 'UpdateTimeToLive' && strong(input['TableName'])) {
    throw invalid('Time to Live is not supported for MRSC global tables');
  }
  if (operation === 'DeleteTable' && strong(input['TableName'])) {
    throw invalid('A replica of an MRSC global table cannot be deleted: remove the others first');
  }
};

type Run = (region: Region, input: Json) => Promise<Json>;

/** Each table of a batch where its items are; what was left undone comes back together. */
const inBatches = async (
  region: Region,
  regionOf: (name: string) => Promise<Region>,
  input: Json,
  run: Run,
): Promise<Json> => {
  const asked = batches.safeParse(input['RequestItems']);
  const places = Map.groupBy(
    Object.entries(asked.data ?? {}),
    ([table]) => region.ledger.strong(table)?.home ?? region.region,
  );
  if (places.size <= 1) {
    const [home = region.region] = places.keys();
    return run(await regionOf(home), input);
  }
  const answers = await Promise.all(
    [...places].map(async ([home, requests]) =>
      run(await regionOf(home), { ...input, RequestItems: Object.fromEntries(requests) }),
    ),
  );
  const together = (field: string) => Object.assign({}, ...answers.map((answer) => answer[field]));
  return Object.assign({}, ...answers, {
    ...('Responses' in (answers[0] ?? {}) ? { Responses: together('Responses') } : {}),
    ...Object.fromEntries(
      ['UnprocessedKeys', 'UnprocessedItems']
        .filter((field) => field in (answers[0] ?? {}))
        .map((field) => [field, together(field)]),
    ),
  });
};

/** Runs an operation where the items of its tables are. @throws AwsError for what AWS refuses on them. */
export const runWhereItIs = async (
  region: Region,
  regionOf: (name: string) => Promise<Region>,
  asked: { readonly operation: string; readonly input: Json },
  run: Run,
): Promise<Json> => {
  const { operation, input } = asked;
  refuse(region, operation, input);
  if (BATCHES.has(operation)) return inBatches(region, regionOf, input, run);
  const table = input['TableName'];
  const place =
    ON_ITEMS.has(operation) && typeof table === 'string' ? region.ledger.strong(table) : undefined;
  return run(place === undefined ? region : await regionOf(place.home), input);
};
