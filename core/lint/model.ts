/** What the lint reads: stacks, machines and the plan of a switch as plain data, each with its place in a file. */
import type { Severity } from '../dockerfile/model.ts';
import type { Residency } from '../regions/judge.ts';

export type Tree = Readonly<Record<string, unknown>>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const treeOf = (value: unknown): Tree => (isTree(value) ? value : {});

/** A value in a file: the way to it from the file's root. */
export type Place = { readonly file: string; readonly path: readonly (string | number)[] };

export const within = ({ file, path }: Place, ...more: (string | number)[]): Place => ({
  file,
  path: [...path, ...more],
});

/** A resource of CloudFormation; intrinsic functions are replaced by what they stand for. */
export type Resource = {
  readonly type: string;
  /** Deleting the stack leaves it. */
  readonly retained: boolean;
  readonly properties: Tree;
  /** Of its properties. */
  readonly place: Place;
};

/** The resources of one role in one region, by logical name. */
export type Stack = {
  readonly role: string;
  readonly region: string;
  /** Whatever of it can have tags gets these. */
  readonly tags: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, Resource>>;
};

/** A state machine before substitution, as its file says it. */
export type Machine = { readonly file: string; readonly definition: unknown };

/** What the state machines are held against. */
export type Facts = {
  /** Names that the project's own code throws. */
  readonly errorNames: readonly string[];
  /** Folders under functions/ that a machine may call. */
  readonly functionFolders: readonly string[];
  /** Error names that each function can throw, by folder; a folder that is absent is not judged. */
  readonly thrownBy?: Readonly<Record<string, readonly string[]>>;
};

/** A health check of Route 53, as far as the rules read it. */
export type HealthCheck = {
  readonly type: string;
  readonly host: string | null;
  readonly searchString: string | null;
  readonly disabled: boolean;
  readonly place: Place;
};

/** What a person wrote, as far as the rules read it. */
export type Setup = {
  readonly primary: string;
  readonly standby: string;
  readonly driver: 'quorum' | 'record';
  /** Why the watch has one controller; null where it has two, or there is none. */
  readonly oneController: { readonly why: string; readonly isAsked: boolean } | null;
  /** URLs by which the regions are probed, where the configuration names them. */
  readonly endpoints: { readonly primary: string | null; readonly standby: string | null };
  readonly residency: Readonly<Record<'data' | 'logs' | 'images', Residency>>;
  /** Where a setting stands in the configuration. */
  readonly placeOf: (...path: string[]) => Place;
};

export type Found = Place & {
  readonly rule: string;
  readonly what: string;
  /** One line. */
  readonly remedy: string;
};

export type Rule = { readonly severity: Severity; readonly title: string };
