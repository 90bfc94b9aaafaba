/** The event log of a run: what a person needs to follow it, in the order of virtual time. */
import type { WatchState } from '../../events/watchState.ts';
import type { Applied } from './controller.ts';
import type { Heard } from './moves.ts';

export type LogLine = {
  readonly atMs: number;
  readonly what: 'verdict' | 'phase' | 'notice' | 'page' | 'move' | 'switch' | 'answer';
  readonly text: string;
};

const phaseOf = (stored: WatchState | null): string => stored?.state.phase ?? 'none';

/** What one step of the machine has changed. */
export const linesOf = ({ atMs, step, before }: Applied): LogLine[] => {
  const lines: LogLine[] = step.turned.map(({ region, state, why }) => ({
    atMs,
    what: 'verdict',
    text: `${region} ${state}: ${why}`,
  }));
  if (phaseOf(before) !== step.next.state.phase) {
    const { phase, active, epoch } = step.next.state;
    lines.push({ atMs, what: 'phase', text: `${phase}, ${active} is active, epoch ${epoch}` });
  }
  for (const action of step.actions) {
    if (action.do === 'notify') {
      lines.push({ atMs, what: 'notice', text: `${action.notice}: ${action.why}` });
    } else if (action.do === 'page') lines.push({ atMs, what: 'page', text: action.why });
    else if (action.do === 'start') {
      const { name, cause, to } = action.execution;
      lines.push({ atMs, what: 'move', text: `${name} to ${to} begins: ${cause}` });
    }
  }
  return lines;
};

export const lineOfMove = (heard: Heard, atMs: number): LogLine | null => {
  if (heard.what === 'step') {
    return { atMs, what: 'move', text: `${heard.execution.name}: ${heard.text}` };
  }
  if (heard.what !== 'written') return null;
  const { object, body } = heard.written;
  return { atMs, what: 'switch', text: `${object} says ${body.state} at epoch ${body.epoch}` };
};

const two = (n: number): string => `${Math.floor(n)}`.padStart(2, '0');

/** `0d 00:03:20.150` of virtual time. */
export const clockText = (ms: number): string => {
  const seconds = (ms % 60_000) / 1_000;
  const hours = (ms / 3_600_000) % 24;
  const minutes = (ms / 60_000) % 60;
  return `${Math.floor(ms / 86_400_000)}d ${two(hours)}:${two(minutes)}:${seconds.toFixed(3).padStart(6, '0')}`;
};

export const textOf = ({ atMs, what, text }: LogLine): string =>
  `${clockText(atMs)}  ${what.padEnd(7)}  ${text}`;
