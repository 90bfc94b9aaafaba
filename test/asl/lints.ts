// Rules for state machines that AWS does not check, as style for this project.

export type Facts = {
  /** Names that the project's own code throws. */
  readonly errorNames: readonly string[];
  /** Folders under functions/ that a machine may call. */
  readonly functionFolders: readonly string[];
};

type Tree = Readonly<Record<string, unknown>>;
type Found = { readonly name: string; readonly state: Tree; readonly caught: boolean };

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const treesOf = (value: unknown): Tree[] => listOf(value).filter(isTree);

/** Every state of a machine with its name, those in Maps and branches too. */
export const statesOf = (graph: unknown, caught = false): Found[] => {
  const states = isTree(graph) && isTree(graph['States']) ? graph['States'] : {};
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isTree(state)) return [];
    const safe = caught || listOf(state['Catch']).length > 0;
    const inner = [state['ItemProcessor'], state['Iterator'], ...listOf(state['Branches'])];
    return [{ name, state, caught: safe }, ...inner.flatMap((part) => statesOf(part, safe))];
  });
};

export const kebab = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** `Plan` of a Task whose function is `${PlanFunction}`; undefined for a Task that calls no function. */
export const calledFunction = (state: Tree): string | undefined => {
  if (!String(state['Resource']).includes(':lambda:')) return undefined;
  const from = state['Arguments'] ?? state['Parameters'];
  const name = isTree(from) ? String(from['FunctionName']) : String(state['Resource']);
  return /^\$\{(\w+)Function\}$/.exec(name)?.[1] ?? name;
};

const AWS_ERROR = /^(?:States|Lambda|CodeBuild|ECS|Events|DynamoDB|S3|StepFunctions)\.\w+$/;
const ALL_ERRORS = ['States.ALL', 'States.TaskFailed'];

const taskFaults = ({ name, state, caught }: Found, { functionFolders }: Facts): string[] => {
  if (state['Type'] !== 'Task') return [];
  const faults: string[] = [];
  if (state['TimeoutSeconds'] === undefined) faults.push(`${name} has no TimeoutSeconds`);
  if (listOf(state['Retry']).length === 0) faults.push(`${name} has no Retry`);
  if (!caught) faults.push(`nothing catches the errors of ${name}`);
  const called = calledFunction(state);
  if (called !== undefined && !functionFolders.includes(kebab(called))) {
    faults.push(`${name} calls ${called}, and there is no functions/${kebab(called)}`);
  }
  if (called !== undefined && !name.startsWith(called)) {
    faults.push(`${name} calls ${called}: a state has the name of its function, or starts with it`);
  }
  return faults;
};

const retryFaults = ({ name, state }: Found): string[] =>
  treesOf(state['Retry']).flatMap((retry) => {
    const faults: string[] = [];
    if (retry['MaxAttempts'] === undefined) faults.push(`a Retry of ${name} has no MaxAttempts`);
    if (retry['JitterStrategy'] !== 'FULL') faults.push(`a Retry of ${name} has no jitter`);
    const blind = listOf(retry['ErrorEquals']).filter((one) => ALL_ERRORS.includes(String(one)));
    for (const error of blind) faults.push(`a Retry of ${name} is blind: it takes ${error}`);
    return faults;
  });

const nameFaults = ({ name, state }: Found, { errorNames }: Facts): string[] =>
  [...treesOf(state['Retry']), ...treesOf(state['Catch'])]
    .flatMap((rule) => listOf(rule['ErrorEquals']).map(String))
    .filter((error) => !AWS_ERROR.test(error) && !errorNames.includes(error))
    .map((error) => `${name} names the error ${error}, which nothing throws`);

const mapFaults = ({ name, state }: Found): string[] =>
  state['Type'] === 'Map' && state['MaxConcurrency'] === undefined
    ? [`${name} has no MaxConcurrency`]
    : [];

const nullFaults = (value: unknown, place: string): string[] => {
  if (value === null) return [`${place} is null, which CloudFormation drops: write '{% null %}'`];
  if (Array.isArray(value)) return value.flatMap((item, i) => nullFaults(item, `${place}[${i}]`));
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => nullFaults(item, `${place}/${key}`));
};

/** Every fault of one machine. */
export const lint = (machine: unknown, facts: Facts): string[] => [
  ...statesOf(machine).flatMap((found) => [
    ...taskFaults(found, facts),
    ...retryFaults(found),
    ...nameFaults(found, facts),
    ...mapFaults(found),
  ]),
  ...nullFaults(machine, ''),
];

/** Folders that no state of the same name calls. */
export const uncalled = (machines: readonly unknown[], folders: readonly string[]): string[] => {
  const called = machines.flatMap((machine) =>
    statesOf(machine).flatMap(({ name, state }) => {
      const fn = calledFunction(state);
      return fn === name ? [kebab(fn)] : [];
    }),
  );
  return folders.filter((folder) => !called.includes(folder));
};
