import type { Answer } from 'dns-packet';
import { canonicalName, readRecord, type ServedType } from './rdata.ts';

/** All values of one name and type, in presentation format. */
export type RecordSet = {
  readonly name: string;
  readonly type: ServedType;
  readonly ttlS: number;
  readonly values: readonly string[];
};

/** Chooses answers anew for each question, by health, weight or the region of who asks. */
export type Choose = (askerAddress: string) => readonly Answer[];

/** Records of one name and type whose answers are chosen anew for each question. */
export type RoutedSet = {
  readonly name: string;
  readonly type: ServedType;
  readonly choose: Choose;
};

/** Answers by record type; a name that only has names below it has none. */
export type ZoneNode = ReadonlyMap<string, readonly Answer[] | Choose>;

export type DnsZone = {
  /** Canonical name of the apex. */
  readonly origin: string;
  /** The records at a canonical name, or undefined when the name does not exist. */
  find(name: string): ZoneNode | undefined;
};

/** The answers that a record set stands for. Throws an RdataError. */
export const answersOf = ({ name, type, ttlS, values }: RecordSet): Answer[] =>
  values.map((value) => readRecord(canonicalName(name), type, ttlS, value));

/** Indexes record sets for answering. Names between a record and the apex exist without records. */
export const createZone = (
  origin: string,
  recordSets: Iterable<RecordSet>,
  routedSets: Iterable<RoutedSet> = [],
): DnsZone => {
  const apex = canonicalName(origin);
  type Node = Map<string, readonly Answer[] | Choose>;
  const nodes = new Map<string, Node>([[apex, new Map()]]);
  const nodeAt = (name: string): Node => {
    const known = nodes.get(name);
    if (known) return known;
    const made: Node = new Map();
    nodes.set(name, made);
    nodeAt(parentOf(name));
    return made;
  };
  const nodeOf = (name: string): Node => {
    const owner = canonicalName(name);
    if (isWithin(owner, apex)) return nodeAt(owner);
    throw new Error(`record '${name}' does not lie in the zone '${origin}'`);
  };
  for (const set of recordSets) nodeOf(set.name).set(set.type, answersOf(set));
  for (const { name, type, choose } of routedSets) nodeOf(name).set(type, choose);
  return { origin: apex, find: (name) => nodes.get(name) };
};

/** Whether canonical `name` is `origin` or lies below it. */
export const isWithin = (name: string, origin: string): boolean =>
  origin === '' || name === origin || name.endsWith(`.${origin}`);

/** The name one label up; above a single label it is the root, ''. */
export const parentOf = (name: string): string => {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
};
