/** Being in charge: of two controllers one moves traffic, and the other only knows what it will need. */
import { formatMs } from '../units.ts';
import type { FailoverSettings } from './settings.ts';
import { type Event, enter, restingPhase, type State, type Step, unchanged } from './states.ts';

type Charged = Extract<Event, { kind: 'charge' }>;

/** Whether another controller is in charge. The only one there is always is. */
export const isIdle = ({ charge }: Pick<State, 'charge'>): boolean => charge?.held === false;

/**
 * Whether the first of two may go on alone, given what the second last knew: it has charge, and nobody had it since.
 * One that was given the place back, and has not looked since, does not know where clients are sent.
 */
export const mayBeAlone = (
  first: Pick<State, 'charge' | 'epoch'> | null,
  second: Pick<State, 'charge'> | null,
): boolean => {
  const given = second?.charge?.epoch ?? 0;
  if (first === null) return given === 0;
  const { charge, epoch } = first;
  const hasCharge = charge === undefined || charge.held || charge.epoch === 0;
  return hasCharge && epoch >= given;
};

/**
 * Whether a rehearsal that has moved all traffic is over for its controller: another one is in charge, or this one
 * took charge anew with traffic away. Traffic goes home by whoever is in charge, and by nothing else.
 */
export const isPassedOn = (state: Pick<State, 'charge' | 'leftAway'>): boolean =>
  isIdle(state) || state.leftAway === true;

/** What has stopped a rehearsal then, in words. */
export const CHARGE_TAKEN = 'a controller that took charge meanwhile';

/** Said where something asks the controller of the home region how the watch stands, and it does not know. */
export const NOT_IN_CHARGE =
  'the second controller is in charge, and the home region does not know how the watch stands: failover hand-over gives the place back';

/** The state of a watch by how many controllers it has now: a plan may have changed that. */
export const chargedBy = (state: State, two: boolean): State => {
  const { charge, ...alone } = state;
  if (!two) return charge === undefined ? state : alone;
  return charge === undefined ? { ...state, charge: { held: false, epoch: 0 } } : state;
};

/** What was suspected or asked belongs to whoever was in charge. */
const atRest = (state: State, nowMs: number): State => ({
  ...enter(state, restingPhase(state), nowMs),
  alarm: null,
  attempt: 1,
});

/** What a person can do about it, who need not wait. */
const leftAwayText = ({ home }: State, { homeUpMs }: FailoverSettings): string =>
  `a rehearsal has left traffic away from ${home}: it goes back by itself once ${home} has been well for ` +
  `${formatMs(homeUpMs)} and every gate holds, or now by \`failover back\``;

/**
 * Whoever takes charge begins from what clients get, which may be otherwise than it last knew, and above every
 * epoch that was claimed. Whoever is relieved lets its own move end, which the lease has fenced.
 */
export const onCharge = (
  state: State,
  { nowMs, epoch, serving, why }: Charged,
  settings: FailoverSettings,
): Step => {
  const { leftAway: _, ...known } = state;
  if (serving === null) {
    const idle = { ...known, charge: { held: false, epoch } };
    if (isIdle(state)) return unchanged(state);
    return unchanged(state.execution === null ? atRest(idle, nowMs) : idle);
  }
  if (serving.region !== state.active && serving.region !== state.other) return unchanged(state);
  const moved = serving.region === state.other;
  const placed = moved ? { ...known, active: state.other, other: state.active } : known;
  const isLeft = serving.rehearsal === true && serving.region !== state.home;
  const held = {
    ...{ ...placed, charge: { held: true, epoch } },
    ...(isLeft ? { leftAway: true } : {}),
    epoch: Math.max(state.epoch, epoch, serving.epoch),
    clearSinceMs: moved ? nowMs : state.clearSinceMs,
    unknownSinceMs: null,
  };
  const told = [...(why === null ? [] : [why]), ...(isLeft ? [leftAwayText(state, settings)] : [])];
  return {
    state: atRest(held, nowMs),
    actions: told.length === 0 ? [] : [{ do: 'page', why: told.join('; ') }],
  };
};
