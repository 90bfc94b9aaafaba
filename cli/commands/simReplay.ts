/** `failover sim --replay`: the kept probes of the watches in a data folder, under other settings. */
import { DrillError } from '../../core/errors.ts';
import { override } from '../../core/evidence/overrides.ts';
import { formatMs } from '../../core/units.ts';
import { SimReplay } from '../../events/simOutput.ts';
import { type Relived, relive } from '../../sim/replay/history.ts';
import type { History } from '../failovers/store.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { withStore } from '../store.ts';

/** Probes are kept; what else decides is not, and is said to be taken for granted. */
const ASSUMED = [
  'the facts of the gates were well: data age, capacity, switches, deployments',
  'every observer that probed was fit to vote: canaries and clocks are not kept',
  'each move succeeded at once, and nobody gave an order',
];

const watchOf = ({ plan, chunks }: History, set: readonly string[]) => {
  const own = { health: plan.health, failover: plan.failover };
  const asked = override(own, set);
  if (!asked.ok) throw new DrillError('InputInvalid', `--set: ${asked.why}`);
  const { primary: home, standby, observers } = plan;
  const kept = { home, standby, observers, chunks };
  const asSet = relive(kept, own);
  const asAsked = relive(kept, asked.settings);
  const said = ({ suspicions, moves }: Relived) => ({ suspicions, moves: [...moves] });
  const { fromMs, untilMs, probes } = asSet;
  return {
    ...{ service: plan.service, fromMs, untilMs, probes },
    ...{ asSet: said(asSet), asAsked: said(asAsked) },
  };
};

type Watch = SimReplay['watches'][number];

const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);

const sideLines = (what: string, { suspicions, moves }: Watch['asSet'], style: Style): string[] => [
  `  ${what}: ${style.bold(`${moves.length} moves`)}, ${suspicions} suspicions`,
  ...moves.map(({ atMs, from, to, why }) => `    ${time(atMs)}  ${from} to ${to}: ${why}`),
];

const linesOf = ({ watches, set, assumed }: SimReplay, style: Style): string[] => [
  ...watches.flatMap(({ service, fromMs, untilMs, probes, asSet, asAsked }) => [
    style.bold(
      `${service}: ${probes} probes kept, ${time(fromMs)} to ${time(untilMs)} UTC (${formatMs(untilMs - fromMs)})`,
    ),
    ...sideLines('as it is set', asSet, style),
    ...(set.length === 0 ? [] : sideLines(`with ${set.join(', ')}`, asAsked, style)),
    '',
  ]),
  'Probes are kept for seven days. Taken for granted, as it is not kept:',
  ...assumed.map((line) => `  ${line}`),
];

export const simReplay = async (
  dataDir: string,
  set: readonly string[],
  output: Output,
): Promise<number> => {
  const histories = await withStore(
    { data: dataDir },
    output,
    'kept',
    { kind: 'failover' },
    ({ failovers }) => failovers.histories(),
  );
  if (histories.length === 0) {
    throw new DrillError('InputInvalid', `no watch in ${dataDir} has kept any probes`);
  }
  const watches = histories.map((history) => watchOf(history, set));
  const found: SimReplay = SimReplay.parse({ kind: 'replay', set, assumed: ASSUMED, watches });
  output.result(found, (style) => linesOf(found, style));
  return EXIT.ok;
};
