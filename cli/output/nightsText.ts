/** Tonight against the nights before it, as lines for a terminal. */
import { alertText } from '../../core/report/nights.ts';
import type { NightAlert, NightsReport } from '../../events/nights.ts';
import type { Style } from './style.ts';
import { wrap } from './table.ts';

const stateText = ({ state }: NightAlert, style: Style): string =>
  state === 'new' || state === 'changed' ? style.bad(state) : style.dim(state);

const ackText = ({ acknowledged }: NightAlert): string => {
  if (!acknowledged) return '';
  const note = acknowledged.note === null ? '' : `: ${acknowledged.note}`;
  return ` (acknowledged ${acknowledged.at.slice(0, 10)}${note})`;
};

/** One alert: id, state and sentence. */
export const alertLines = (alert: NightAlert, style: Style): string[] =>
  wrap(
    `  ${style.bold(alert.id)}  ${stateText(alert, style)}  ${alertText(alert)}${ackText(alert)}`,
    style.width,
    '    ',
  );

export const nightsLines = (nights: NightsReport, style: Style): string[] => {
  const open = nights.alerts.some(({ state }) => state !== 'acknowledged');
  return [
    ...nights.alerts.flatMap((alert) => alertLines(alert, style)),
    ...(nights.alerts.length === 0 && nights.status === 'judged'
      ? [`  ${style.good('nothing is out of line')}`]
      : []),
    ...(open ? ['  Seen it? It stays quiet until it changes: failover ack <alert>'] : []),
  ];
};
