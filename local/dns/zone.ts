import type { Answer } from 'dns-packet';
import { canonicalName, readRecord, type ServedType } from './rdata.ts';

/** All values of one name and type, in presentation format. */
export type RecordSet = {
  readonly name: string;
  readonly type: ServedType;
  readonly ttlS: number;
  readonly values: readonly string[];
};

/** Answers by record type; a name that only has names below it has none. */
export type ZoneNode = ReadonlyMap<string, readonly Answer[]>;

export type DnsZone = {
  /** Canonical name of the apex. */
  readonly origin: string;
  /** The records at a canonical name, or undefined when the name does not exist. */
  find(name: string): ZoneNode | undefined;
};

/** Indexes record sets for answering. Names between a record and the apex exist without records. */
export const createZone = (origin: string, recordSets: Iterable<RecordSet>): DnsZone => {
  const apex = canonicalName(origin);
  const nodes = new Map<string, Map<string, readonly Answer[]>>([[apex, new Map()]]);
  const nodeAt = (name: string): Map<string, readonly Answer[]> => {
    const known = nodes.get(name);
    if (known) return known;
    const made = new Map<string, readonly Answer[]>();
    nodes.set(name, made);
    nodeAt(parentOf(name));
    return made;
  };
  for (const { name, type, ttlS, values } of recordSets) {
    const owner = canonicalName(name);
    if (!isWithin(owner, apex)) {
      throw new Error(`record '${name}' does not lie in the zone '${origin}'`);
    }
    nodeAt(owner).set(
      type,
      values.map((value) => readRecord(owner, type, ttlS, value)),
    );
  }
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
