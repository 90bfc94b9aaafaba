/** A watch as a few lines for people. */
import type { GateName } from '../../core/failover/gates.ts';
import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import type { AbstainReason } from '../../core/health/vote.ts';
import { formatMs } from '../../core/units.ts';
import type { RegionStatus, StatusOutput, WatchFact } from '../../events/statusOutput.ts';
import { controllersText } from './controllersText.ts';
import { statusText } from './promotionText.ts';
import type { Style } from './style.ts';

/** Time of day in UTC, as in reports, history and logs: whoever is woken up compares them. */
const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

const ABSTAINS: Readonly<Record<AbstainReason, string>> = {
  'canary-failed': 'its canary fails',
  stale: 'nothing new from it',
  'clock-skew': 'its clock is off',
  'inside-target': 'it stands inside',
  starting: 'it has only begun',
};

const stateText = ({ state, doubtSinceMs }: RegionStatus, style: Style): string => {
  if (state === 'DOWN') return style.bad(state);
  if (state === 'UP') return doubtSinceMs === null ? style.good(state) : style.warn('UP, in doubt');
  return style.warn(state);
};

/** A vote that is older than its observer's interval tells of an observer that has stopped. */
const agesText = (votes: RegionStatus['votes'], nowMs: number): string => {
  if (votes.length === 0) return '';
  const ages = votes.map(({ atMs }) => Math.max(0, nowMs - atMs));
  const [newest, oldest] = [formatMs(Math.min(...ages)), formatMs(Math.max(...ages))];
  return `, votes ${newest === oldest ? oldest : `${newest} to ${oldest}`} old`;
};

const votesText = ({ votes, state }: RegionStatus, nowMs: number): string => {
  const same = votes.filter(({ vote }) => vote === state).length;
  const silent = votes.flatMap(({ observer, reason }) =>
    reason === null ? [] : [`${observer} abstains: ${ABSTAINS[reason]}`],
  );
  const why = silent.length > 0 ? ` (${silent.join('; ')})` : '';
  return `${same} of ${votes.length} observers${why}${agesText(votes, nowMs)}`;
};

const failureText = ({ votes, state }: RegionStatus): string[] => {
  if (state === 'UP') return [];
  const failures = new Set(votes.flatMap(({ lastFailure }) => lastFailure ?? []));
  return failures.size > 0 ? [`last failure: ${[...failures].join(', ')}`] : [];
};

const regionText = (
  region: RegionStatus,
  { single, atMs }: { readonly single: boolean; readonly atMs: number },
  style: Style,
): string =>
  [
    `${region.role} ${region.region} ${stateText(region, style)}${
      region.sinceMs === null ? '' : ` since ${clockText(region.sinceMs)}`
    }`,
    ...(single ? [] : [votesText(region, atMs)]),
    ...failureText(region),
    ...(region.active ? ['serves'] : []),
  ].join(' · ');

const readyText = ({ replicationMs, rpoMs, capacity }: StatusOutput): string[] => {
  const facts = [
    ...(replicationMs === null
      ? []
      : [`replication ${formatMs(replicationMs.value)} of ${formatMs(rpoMs)}`]),
    ...(capacity === null
      ? []
      : [`${capacity.value.ready} of ${capacity.value.wanted} tasks ready`]),
  ];
  return facts.length > 0 ? [facts.join(' · ')] : [];
};

/** What each gate asks for, in two or three words. */
const GATES: Readonly<Record<GateName, string>> = {
  G1: 'target up',
  G2: 'not both bad',
  G3: 'data fresh',
  G4: 'target big enough',
  G5: 'data may be there',
  G6: 'cooldown, flips a day',
  G7: 'no window, deployment or shared image',
  G8: 'evidence fresh',
  G9: 'mode, or a person',
  G10: 'switch can be written',
};

const isGate = (word: string): word is GateName => Object.hasOwn(GATES, word);

/** Which gates hold traffic back; an order asks them again and shows what each found. */
const heldText = (
  held: string,
  { active, home }: Pick<StatusOutput, 'active' | 'home'>,
  on: string,
): string => {
  if (held === 'UNKNOWN') return `held: too few observers can tell how ${active} is`;
  const gates = held.split(' ').filter(isGate);
  if (gates.length === 0) return `held: ${held}`;
  const named = gates.map((gate) => `${gate} (${GATES[gate]})`).join(', ');
  const order = active === home ? 'flip' : 'back';
  return `held by ${named}: failover ${order}${on} asks again and shows why`;
};

const nextLines = (
  { phase, approval, held, home, active, leftAway, execution }: StatusOutput,
  on: string,
): string[] => {
  if (approval !== null) {
    return [
      `waits for a person until ${clockText(approval.expiresAtMs)} UTC: failover approve ${approval.decisionId}${on}`,
    ];
  }
  if (execution !== null) return [`moving to ${execution.to} (epoch ${execution.epoch})`];
  if (phase === 'HOLD')
    return [`a flip was tried and failed: see failover report${on}, then failover back${on}`];
  if (leftAway) {
    return [
      `a rehearsal has left traffic away: it goes home once ${home} has been well for long enough, or now by failover back${on}`,
    ];
  }
  if (phase === 'FAILBACK_READY') return [`${home} is well again: failover back${on}`];
  if (held !== null) return [heldText(held, { active, home }, on)];
  return active === home ? [] : [`away from home: ${home} is watched before it gets traffic back`];
};

const FACTS_SHOWN = 5;

const factText = ({ atMs, kind, text }: WatchFact): string =>
  kind === 'verdict' ? `${clockText(atMs)} ${text}` : `${clockText(atMs)} ${kind}: ${text}`;

/** What an order finds out by itself before its gates are asked. */
const isGathered = ({ gate, value }: StatusOutput['gates'][number]): boolean =>
  gate === 'G8' || (value === null && (gate === 'G3' || gate === 'G4' || gate === 'G10'));

/** The gates of an order that could be given now. */
const gatesText = ({ gates, execution, regions }: StatusOutput): string[] => {
  if (execution !== null) return [];
  const to = regions.find(({ active }) => !active)?.region ?? 'the other region';
  const shut = gates.filter(({ ok }) => !ok);
  const named = shut
    .filter((gate) => !isGathered(gate))
    .map(({ gate }) => `${gate} (${GATES[gate]})`);
  const later = shut.filter(isGathered).map(({ gate }) => `${gate} (${GATES[gate]})`);
  const said = [
    ...(named.length === 0 ? [] : [`${named.join(', ')} would not hold`]),
    ...(later.length === 0 ? [] : [`${later.join(', ')} asked anew by an order`]),
  ];
  const rest = gates.length - shut.length;
  return [
    `gates to ${to}: ${[...said, `${said.length === 0 ? 'all ' : ''}${rest} hold`].join('; ')}`,
  ];
};

/** `on` is what a further command needs to reach the same watch. */
export const statusLines = (status: StatusOutput, style: Style, on = ''): string[] => {
  const { service, record, answer, regions, epoch, mode, phase, phaseSinceMs } = status;
  const single = status.vantage === 'single';
  const said = answer === null ? style.bad('no answer') : answer.addresses.join(', ');
  const where = answer === null ? '' : ` · dig @${answer.server.replace(':', ' -p ')} ${record}`;
  const controllers = controllersText(status, style, on);
  const lines = [
    ...(controllers.urgent ? controllers.lines : []),
    ...regions.map((region) => regionText(region, { single, atMs: status.atMs }, style)),
    ...(single ? [style.dim(SINGLE_VANTAGE_WORDS)] : []),
    ...readyText(status),
    `${record} → ${said}${style.dim(where)}`,
    `${phase} since ${clockText(phaseSinceMs)} UTC · epoch ${epoch} · mode ${mode}`,
    ...(controllers.urgent ? [] : controllers.lines),
    ...gatesText(status),
    ...nextLines(status, on),
    ...(status.promotion === null ? [] : [statusText(status.promotion, style, on)]),
    ...status.faults.map((fault) => style.warn(`fault set: ${fault}`)),
    ...status.facts.slice(-FACTS_SHOWN).map((fact) => style.dim(factText(fact))),
  ];
  const indent = ' '.repeat(service.length + 3);
  return lines.map((line, at) => (at === 0 ? `${style.bold(service)}   ${line}` : indent + line));
};
