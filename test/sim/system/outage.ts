/** The plainest incident; run as a script, it prints the digest of its event log. */
import type { Trace } from '../../../sim/faults/fault.ts';
import { PLACES } from '../../../sim/faults/generate.ts';
import { simulateSystem } from '../../../sim/system/run.ts';

export const MINUTE_MS = 60_000;

/** The home refuses connections from the third minute on. */
export const HOME_LOST: Trace = {
  ...{ seed: 'home lost', profile: 'outage', places: PLACES, untilMs: 7 * MINUTE_MS },
  faults: [
    {
      ...{ id: 'f1', kind: 'network', what: { kind: 'refuse' }, scope: { region: PLACES.home } },
      ...{ plane: 'service', rhythm: { kind: 'steady' }, returnsAfterFlipMs: null },
      ...{ fromMs: 3 * MINUTE_MS, untilMs: 7 * MINUTE_MS },
    },
  ],
};

if (process.argv[1] === import.meta.filename) {
  const driver = process.argv[2] === 'quorum' ? 'quorum' : 'record';
  const { digest, events } = await simulateSystem({ trace: HOME_LOST, driver });
  console.log(JSON.stringify({ digest, events }));
}
