/** How far a drill is, read from the history of its execution. Pure: events in, a view and plain lines out. */
import { formatMs } from '../../core/units.ts';

/** The part of a history event that progress looks at. */
export type HistoryEvent = {
  readonly id: number;
  readonly type: string;
  readonly atMs: number;
  readonly state: string | undefined;
  readonly input: string | undefined;
  readonly output: string | undefined;
};

type Build = { readonly startedMs: number; readonly endedMs?: number; readonly ok?: boolean };

export type Progress = {
  readonly lastId: number;
  readonly phase:
    | 'starting'
    | 'building'
    | 'placing'
    | 'probing'
    | 'ranking'
    | 'rehearsing'
    | 'done';
  readonly builds: ReadonlyMap<string, Build>;
  readonly round: number;
  readonly roundsMax: number;
  readonly firstRoundMs: number | undefined;
  readonly cells: number;
  readonly cellsDone: number;
  readonly placements: number;
  readonly placementsReady: number;
};

export const startOfProgress = (roundsMax: number): Progress => ({
  lastId: 0,
  phase: 'starting',
  builds: new Map(),
  round: 0,
  roundsMax,
  firstRoundMs: undefined,
  cells: 0,
  cellsDone: 0,
  placements: 0,
  placementsReady: 0,
});

const field = (text: string | undefined, name: string): string | undefined =>
  new RegExp(`"${name}":"([^"]*)"`).exec(text ?? '')?.[1];

const withBuild = (progress: Progress, id: string, build: Build): Progress => ({
  ...progress,
  builds: new Map(progress.builds).set(id, build),
});

const onEntered = (progress: Progress, event: HistoryEvent): Progress => {
  switch (event.state) {
    case 'BuildVariants':
      return { ...progress, phase: 'building' };
    case 'BuildVariant': {
      const id = field(event.input, 'variantId');
      return id === undefined ? progress : withBuild(progress, id, { startedMs: event.atMs });
    }
    case 'PlaceRound':
      return {
        ...progress,
        phase: 'placing',
        round: progress.round + 1,
        firstRoundMs: progress.firstRoundMs ?? event.atMs,
        placements: 0,
        placementsReady: 0,
      };
    case 'PlaceTask':
      return { ...progress, placements: progress.placements + 1 };
    case 'ProbeRound':
      return { ...progress, phase: 'probing', cells: 0, cellsDone: 0 };
    case 'DispatchProbe':
      return { ...progress, cells: progress.cells + 1 };
    case 'Rank':
      return { ...progress, phase: 'ranking' };
    case 'Rehearse':
      return { ...progress, phase: 'rehearsing' };
    case 'Notify':
      return { ...progress, phase: 'done' };
    default:
      return progress;
  }
};

const onExited = (progress: Progress, event: HistoryEvent): Progress => {
  switch (event.state) {
    case 'BuildVariant': {
      const id = field(event.output, 'variantId');
      const started = id === undefined ? undefined : progress.builds.get(id);
      if (id === undefined || !started) return progress;
      const ok = field(event.output, 'status') === 'SUCCEEDED';
      return withBuild(progress, id, { ...started, endedMs: event.atMs, ok });
    }
    case 'AwaitReady':
      return { ...progress, placementsReady: progress.placementsReady + 1 };
    case 'DispatchProbe':
      return { ...progress, cellsDone: progress.cellsDone + 1 };
    default:
      return progress;
  }
};

export const onEvent = (progress: Progress, event: HistoryEvent): Progress => {
  const seen = { ...progress, lastId: event.id };
  if (event.type.endsWith('StateEntered')) return onEntered(seen, event);
  if (event.type.endsWith('StateExited')) return onExited(seen, event);
  return seen;
};

const buildText = (id: string, { startedMs, endedMs, ok }: Build, nowMs: number): string => {
  const ms = formatMs((endedMs ?? nowMs) - startedMs);
  if (endedMs === undefined) return `${id} … ${ms}`;
  return `${id} ${ok ? '✓' : '✗'} ${ms}`;
};

const BAR_WIDTH = 20;

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
};

/** Share of the current round that is over. */
const roundShare = ({ phase, placements, placementsReady, cells, cellsDone }: Progress): number => {
  if (phase === 'placing') return placements === 0 ? 0 : (0.3 * placementsReady) / placements;
  if (phase === 'probing') return cells === 0 ? 0.3 : 0.3 + (0.7 * cellsDone) / cells;
  return 1;
};

const leftText = (progress: Progress, nowMs: number): string => {
  const { round, roundsMax, firstRoundMs } = progress;
  const done = round - 1 + roundShare(progress);
  if (firstRoundMs === undefined || done < 1) return '';
  const leftMs = ((nowMs - firstRoundMs) / done) * Math.max(0, roundsMax - done);
  return `  about ${formatMs(Math.max(0, leftMs))} left`;
};

const roundLine = (progress: Progress, nowMs: number): string => {
  const { phase, round, roundsMax, cells, cellsDone, placements, placementsReady } = progress;
  const share = (round - 1 + roundShare(progress)) / roundsMax;
  const doing =
    phase === 'placing'
      ? `placing, ${placementsReady} of ${placements} ready`
      : phase === 'probing'
        ? `probing, ${cellsDone} of ${cells} cells done`
        : 'ranking';
  const spare = round > roundsMax ? ` (+${round - roundsMax} for lost ones)` : '';
  return `  round ${Math.min(round, roundsMax)} of ${roundsMax}${spare}   ${bar(share)}  ${doing}${leftText(progress, nowMs)}`;
};

/** The lines that a terminal shows while the drill runs. */
export const progressLines = (progress: Progress, nowMs: number): string[] => {
  const builds = [...progress.builds].map(([id, build]) => buildText(id, build, nowMs));
  return [
    ...(builds.length > 0 ? [`  build    ${builds.join('   ')}`] : ['  preparing']),
    ...(progress.round > 0 ? [roundLine(progress, nowMs)] : []),
  ];
};

/** What a log is told when something changed; nothing for a change too small to tell. */
export const plainLines = (before: Progress, after: Progress): string[] => {
  const lines: string[] = [];
  for (const [id, build] of after.builds) {
    const was = before.builds.get(id);
    if (!was) lines.push(`build ${id}: started`);
    if (build.endedMs !== undefined && was?.endedMs === undefined) {
      const how = build.ok ? 'done' : 'FAILED';
      lines.push(`build ${id}: ${how} after ${formatMs(build.endedMs - build.startedMs)}`);
    }
  }
  if (after.round > before.round) {
    const lost = after.round > after.roundsMax ? ', in the place of one that was lost' : '';
    lines.push(`round ${after.round} of ${after.roundsMax}${lost}`);
  }
  if (after.phase === 'ranking' && before.phase !== 'ranking') lines.push('ranking');
  if (after.phase === 'rehearsing' && before.phase !== 'rehearsing') {
    lines.push('rehearsing the failover: flip, proof, and back');
  }
  return lines;
};
