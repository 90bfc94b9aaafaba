/** Rules for state machines that AWS does not check, as style for this project. */
import {
  type Facts,
  type Found,
  isTree,
  listOf,
  type Machine,
  type Place,
  type Tree,
  within,
} from './model.ts';

type State = {
  readonly name: string;
  readonly state: Tree;
  readonly caught: boolean;
  readonly place: Place;
};

const treesOf = (value: unknown): Tree[] => listOf(value).filter(isTree);

const statesAt = (graph: unknown, place: Place, caught: boolean): State[] => {
  const states = isTree(graph) && isTree(graph['States']) ? graph['States'] : {};
  return Object.entries(states).flatMap(([name, state]) => {
    if (!isTree(state)) return [];
    const safe = caught || listOf(state['Catch']).length > 0;
    const own = within(place, 'States', name);
    const branches = listOf(state['Branches']);
    return [
      { name, state, caught: safe, place: own },
      ...['ItemProcessor', 'Iterator'].flatMap((key) =>
        statesAt(state[key], within(own, key), safe),
      ),
      ...branches.flatMap((branch, at) => statesAt(branch, within(own, 'Branches', at), safe)),
    ];
  });
};

/** Every state of a machine with its name, those in Maps and branches too. */
export const statesOf = ({ file, definition }: Machine): State[] =>
  statesAt(definition, { file, path: [] }, false);

export const kebab = (name: string): string =>
  name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** `Plan` of a Task whose function is `${PlanFunction}`; undefined for a Task that calls no function. */
export const calledFunction = (state: Tree): string | undefined => {
  if (!String(state['Resource']).includes(':lambda:')) return undefined;
  const from = state['Arguments'] ?? state['Parameters'];
  const name = isTree(from) ? String(from['FunctionName']) : String(state['Resource']);
  return /^\$\{(\w+)Function\}$/.exec(name)?.[1] ?? name;
};

const AWS_ERROR =
  /^(?:States|Lambda|Runtime|Sandbox|CodeBuild|ECS|Events|DynamoDB|S3|StepFunctions)\.\w+$/;
const ALL_ERRORS = ['States.ALL', 'States.TaskFailed'];

const taskFaults = ({ name, state, caught, place }: State, { functionFolders }: Facts): Found[] => {
  if (state['Type'] !== 'Task') return [];
  const faults: Found[] = [];
  const fault = (rule: string, what: string, remedy: string) =>
    faults.push({ ...place, rule, what, remedy });
  if (state['TimeoutSeconds'] === undefined) {
    fault(
      'task-timeout',
      `${name} has no TimeoutSeconds`,
      'without one it may wait for 99999999 s',
    );
  }
  if (listOf(state['Retry']).length === 0) {
    fault('task-retry', `${name} has no Retry`, 'name the errors that are worth another try');
  }
  if (!caught) {
    fault('task-catch', `nothing catches the errors of ${name}`, 'lead them to a state that tells');
  }
  const called = calledFunction(state);
  if (called === undefined) return faults;
  if (!functionFolders.includes(kebab(called))) {
    const what = `${name} calls ${called}, and there is no functions/${kebab(called)}`;
    fault('task-function', what, 'name a function that there is');
  }
  if (!name.startsWith(called)) {
    const what = `${name} calls ${called}: a state has the name of its function, or starts with it`;
    fault('task-name', what, 'rename the state');
  }
  return faults;
};

const seconds = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : undefined;

/** asl-validator takes a heartbeat that can never be missed. */
const heartbeatFaults = ({ name, state, place }: State): Found[] => {
  const heartbeat = seconds(state['HeartbeatSeconds']);
  const timeout = seconds(state['TimeoutSeconds']);
  if (heartbeat === undefined || timeout === undefined || heartbeat < timeout) return [];
  const what = `${name} has a HeartbeatSeconds of ${heartbeat}, not below its TimeoutSeconds of ${timeout}`;
  return [
    {
      ...within(place, 'HeartbeatSeconds'),
      rule: 'task-heartbeat',
      what,
      remedy: 'make it shorter',
    },
  ];
};

const retryFaults = ({ name, state, place }: State): Found[] =>
  treesOf(state['Retry']).flatMap((retry, at) => {
    const faults: Found[] = [];
    const fault = (rule: string, what: string, remedy: string) =>
      faults.push({ ...within(place, 'Retry', at), rule, what, remedy });
    if (retry['MaxAttempts'] === undefined) {
      fault('retry-bounds', `a Retry of ${name} has no MaxAttempts`, 'say how often');
    }
    if (retry['JitterStrategy'] !== 'FULL') {
      fault('retry-jitter', `a Retry of ${name} has no jitter`, 'JitterStrategy: FULL');
    }
    const blind = listOf(retry['ErrorEquals']).filter((one) => ALL_ERRORS.includes(String(one)));
    for (const error of blind) {
      const what = `a Retry of ${name} is blind: it takes ${error}`;
      fault('retry-blind', what, 'name the errors that are worth another try');
    }
    return faults;
  });

/** Names that the rules of a state match, and that are no names of AWS. */
const ownNames = (state: Tree, key: 'Retry' | 'Catch'): { error: string; at: number }[] =>
  treesOf(state[key]).flatMap((rule, at) =>
    listOf(rule['ErrorEquals'])
      .map(String)
      .filter((error) => !AWS_ERROR.test(error))
      .map((error) => ({ error, at })),
  );

/** Worth another try by definition; stands in the list of retries that all states of a machine share. */
const TRANSIENT = 'TransientFailure';

const nameFaults = ({ name, state, place }: State, facts: Facts): Found[] => {
  const called = calledFunction(state);
  const folder = called === undefined ? '' : kebab(called);
  const thrown = facts.thrownBy?.[folder];
  const faults = (['Retry', 'Catch'] as const).flatMap((key) =>
    ownNames(state, key).flatMap(({ error, at }): Found[] => {
      const own = within(place, key, at);
      if (!facts.errorNames.includes(error)) {
        const what = `${name} names the error ${error}, which nothing throws`;
        return [{ ...own, rule: 'error-name', what, remedy: 'names are those of core/errors.ts' }];
      }
      if (thrown === undefined || thrown.includes(error) || error === TRANSIENT) return [];
      const what = `${name} names the error ${error}, which ${folder} cannot throw`;
      return [{ ...own, rule: 'error-name', what, remedy: 'remove it, or throw it' }];
    }),
  );
  const retries = ownNames(state, 'Retry').map(({ error }) => error);
  if (thrown?.includes(TRANSIENT) !== true || retries.includes(TRANSIENT)) return faults;
  const what = `${name} does not try again after ${TRANSIENT}, which ${folder} throws`;
  return [
    ...faults,
    { ...place, rule: 'task-retry', what, remedy: `add ${TRANSIENT} to its Retry` },
  ];
};

const mapFaults = ({ name, state, place }: State): Found[] =>
  state['Type'] === 'Map' && state['MaxConcurrency'] === undefined
    ? [
        {
          ...place,
          rule: 'map-bounds',
          what: `${name} has no MaxConcurrency`,
          remedy: 'say how many at once',
        },
      ]
    : [];

const nullFaults = (value: unknown, place: Place): Found[] => {
  if (value === null) {
    const what = `/${place.path.join('/')} is null, which CloudFormation drops: write '{% null %}'`;
    return [{ ...place, rule: 'null-dropped', what, remedy: "write '{% null %}'" }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, at) => nullFaults(item, within(place, at)));
  }
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => nullFaults(item, within(place, key)));
};

/** Every fault of one machine. */
export const machineFaults = (machine: Machine, facts: Facts): Found[] => [
  ...statesOf(machine).flatMap((found) => [
    ...taskFaults(found, facts),
    ...heartbeatFaults(found),
    ...retryFaults(found),
    ...nameFaults(found, facts),
    ...mapFaults(found),
  ]),
  ...nullFaults(machine.definition, { file: machine.file, path: [] }),
];

const targetsOf = (state: Tree): string[] =>
  [
    state['Next'],
    state['Default'],
    ...treesOf(state['Choices']).map((choice) => choice['Next']),
    ...treesOf(state['Catch']).map((rule) => rule['Next']),
  ].flatMap((next) => (typeof next === 'string' ? [next] : []));

/**
 * Functions that run before, or are, `last` on some way through a machine: what must answer for `last`
 * to be reached. Functions after it are left out. States inside Maps and branches count with their owner.
 */
export const functionsUpTo = ({ file, definition }: Machine, last: string): string[] => {
  const graph = isTree(definition) ? definition : {};
  const states = isTree(graph['States']) ? graph['States'] : {};
  const callsOf = (name: string): string[] => {
    const state = states[name];
    const own = { States: { [name]: state } };
    return statesOf({ file, definition: own }).flatMap(
      (found) => calledFunction(found.state) ?? [],
    );
  };
  const found = new Set<string>();
  /** Whether `last` can be reached from a state; what is on the way is noted. */
  const leads = (name: string, before: readonly string[]): boolean => {
    const state = states[name];
    if (!isTree(state) || before.includes(name)) return false;
    const calls = callsOf(name);
    const isLast = calls.includes(last);
    const further = isLast ? [] : targetsOf(state).map((next) => leads(next, [...before, name]));
    if (!isLast && !further.includes(true)) return false;
    for (const call of calls) found.add(call);
    return true;
  };
  leads(String(graph['StartAt']), []);
  return [...found];
};
