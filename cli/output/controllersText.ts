/** Two controllers in one line: whoever is woken up must see at once when it is not the usual one. */
import { formatMs } from '../../core/units.ts';
import type { ControllerStatus, StatusOutput } from '../../events/statusOutput.ts';
import type { Style } from './style.ts';

type Two = NonNullable<StatusOutput['controllers']>;

const agoText = ({ lastMs }: ControllerStatus, what: string, nowMs: number): string =>
  lastMs === null ? 'does not answer' : `${what} ${formatMs(Math.max(0, nowMs - lastMs))} ago`;

const otherText = (other: ControllerStatus, nowMs: number): string =>
  `${other.region} ${other.silent ? 'is silent' : 'stands by'} (${agoText(other, 'heard a vote', nowMs)})`;

const readText = ({ inCharge, readIn }: Two): string[] =>
  inCharge === null || inCharge === readIn ? [] : [`what follows is as ${readIn} knows it`];

/** `urgent` where it is not as on any day: the second one is in charge, or nobody is. */
export const controllersText = (
  { controllers, atMs }: Pick<StatusOutput, 'controllers' | 'atMs'>,
  style: Style,
  on: string,
): { readonly urgent: boolean; readonly lines: readonly string[] } => {
  if (controllers === null) return { urgent: false, lines: [] };
  const { inCharge, first, second } = controllers;
  const line = (...parts: string[]) => [...parts, ...readText(controllers)].join(' · ');
  if (inCharge === null) {
    const who = 'NOBODY IS KNOWN TO BE IN CHARGE: no copy of the lease tells';
    const lines = [style.bad(line(who, otherText(first, atMs), otherText(second, atMs)))];
    return { urgent: true, lines };
  }
  const [held, other] = inCharge === second.region ? [second, first] : [first, second];
  const spoke = agoText(held, 'said so', atMs);
  if (held.silent) {
    const who = `NOBODY IS IN CHARGE: ${held.region} was (${spoke})`;
    return { urgent: true, lines: [style.bad(line(who, otherText(other, atMs)))] };
  }
  if (held === second) {
    const who = `THE SECOND CONTROLLER IS IN CHARGE: ${held.region} (${spoke})`;
    const back = other.silent ? [] : [`give it back: failover hand-over${on}`];
    return { urgent: true, lines: [style.warn(line(who, otherText(other, atMs), ...back))] };
  }
  const usual = line(`${held.region} is in charge (${spoke})`, otherText(other, atMs));
  return { urgent: false, lines: [other.silent ? style.warn(usual) : usual] };
};
