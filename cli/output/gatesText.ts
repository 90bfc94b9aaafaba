/** The gates of a decision as a table. */
import type { Gate } from '../../core/failover/gates.ts';
import { ageText, gateValueText } from '../../core/report/failoverWords.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

/** Gates that do not hold stand out; the reason of each is what a person reads first. */
export const gateLines = (gates: readonly Gate[], style: Style): string[] =>
  tableLines(
    [
      ...[{ title: 'gate' }, { title: '' }, { title: 'found' }, { title: 'limit' }],
      ...[{ title: 'age', align: 'right' as const }, { title: 'why' }],
    ],
    gates.map(({ gate, ok, value, limit, ageMs, why }) => [
      gate,
      ok ? style.good('holds') : style.bad('does not hold'),
      gateValueText(gate, value),
      gateValueText(gate, limit),
      ageText(ageMs),
      why,
    ]),
    style.dim,
  );
