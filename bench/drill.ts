// What the pipeline itself costs: the time of the last drill in a data folder during which no build, no
// placement and no probe was under way, as a share of the time during which one was. Read from the
// execution's history, as GetExecutionHistory shows it.
// Usage: node bench/drill.ts [--data <folder>] [--all]
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { dataFolder } from '../cli/dataFolder.ts';
import { readHistory } from '../local/stepfunctions/history.ts';

const { values } = parseArgs({
  options: { data: { type: 'string' }, all: { type: 'boolean', default: false } },
});

/** States of statemachines/drill.asl.yaml that a person would call the drill's work. */
const WORK: Readonly<Record<string, 'builds' | 'placements' | 'probes'>> = {
  BuildVariant: 'builds',
  PlaceTask: 'placements',
  AwaitReady: 'placements',
  DispatchProbe: 'probes',
};
type Kind = (typeof WORK)[string];
type Span = { readonly kind: Kind | string; readonly fromMs: number; readonly toMs: number };

type Drill = {
  readonly name: string;
  readonly ended: string;
  readonly tookMs: number;
  readonly work: readonly Span[];
  /** Every other state that was entered, on the way between. */
  readonly other: readonly Span[];
};

const readDrill = async (file: string): Promise<Drill | null> => {
  const open = new Map<number, { readonly name: string; readonly fromMs: number }>();
  const work: Span[] = [];
  const other: Span[] = [];
  let firstMs: number | undefined;
  let last = { type: '', ms: 0 };
  for await (const { y: type, t: ms, f: frame, d: details } of readHistory(file)) {
    firstMs ??= ms;
    last = { type, ms };
    const name = String(details?.['name'] ?? '');
    if (type.endsWith('StateEntered')) open.set(frame, { name, fromMs: ms });
    const entered = open.get(frame);
    if (!type.endsWith('StateExited') || entered?.name !== name) continue;
    const kind = WORK[name];
    const span = { kind: kind ?? name, fromMs: entered.fromMs, toMs: ms };
    if (kind !== undefined) work.push(span);
    // Work happens inside a Map's iterations: the Map itself is no time of its own.
    else if (type === 'TaskStateExited') other.push(span);
  }
  if (firstMs === undefined || !last.type.startsWith('Execution')) return null;
  const name = path.basename(path.dirname(file));
  return { name, ended: last.type, tookMs: last.ms - firstMs, work, other };
};

/** Milliseconds during which at least one of the spans lasted. */
const unionMs = (spans: readonly Span[]): number => {
  let total = 0;
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    total += Math.max(0, toMs - Math.max(fromMs, untilMs));
    untilMs = Math.max(untilMs, toMs);
  }
  return total;
};

const folders = (...parts: readonly string[]): string[] => {
  const folder = path.join(...parts);
  return existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : [];
};

/** Journals of drills, oldest first: a drill's id ends with when it was started. */
const journalsIn = (dataDir: string): string[] =>
  folders(dataDir, 'stepfunctions')
    .flatMap((region) => folders(region, 'executions'))
    .flatMap((machine) => folders(machine))
    .map((execution) => path.join(execution, 'journal.jsonl'))
    .filter((file) => existsSync(file))
    .filter((file) => /-\d{8}-\d{6}$/.test(path.basename(path.dirname(file))))
    .sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
const startOf = (file: string) => path.basename(path.dirname(file)).slice(-15);

const seconds = (ms: number) => `${(ms / 1e3).toFixed(2)} s`;

const show = ({ name, ended, tookMs, work, other }: Drill) => {
  const workMs = unionMs(work);
  const ownMs = tookMs - workMs;
  console.log(`${name}: ${ended}, ${seconds(tookMs)}`);
  for (const kind of ['builds', 'placements', 'probes'] as const) {
    const spans = work.filter((span) => span.kind === kind);
    console.log(
      `  ${kind.padEnd(16)} ${seconds(unionMs(spans)).padStart(9)}  (${spans.length} in all)`,
    );
  }
  const byState = Map.groupBy(other, ({ kind }) => kind);
  for (const [kind, spans] of byState) {
    console.log(`    ${kind.padEnd(14)} ${seconds(unionMs(spans)).padStart(9)}`);
  }
  console.log(
    `  own overhead: ${seconds(ownMs)} beside ${seconds(workMs)} of work, ` +
      `${((ownMs / workMs) * 100).toFixed(1)} % (at most 15 %)`,
  );
};

const dataDir = dataFolder(values.data, process.env);
const drills: Drill[] = [];
for (const file of journalsIn(dataDir).reverse()) {
  if (drills.length > 0 && !values.all) break;
  const drill = await readDrill(file);
  if (drill !== null && drill.work.length > 0) drills.push(drill);
}
drills.reverse().forEach(show);
if (drills.length === 0) {
  console.log(`no ended drill is kept in ${dataDir}. Make one with: npm run drill`);
}
