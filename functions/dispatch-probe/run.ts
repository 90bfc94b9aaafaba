/** Asks the vantage region of a cell to probe. The answer comes later, with the token. */
import type { DrillRecords } from '../../aws/drillRecords.ts';
import type { Vantages } from '../../aws/vantages.ts';
import type { DispatchProbeInput, ProbeRequest } from '../../events/probeRequest.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { records: DrillRecords; vantages: Vantages; homeRegion: string };

export const dispatchProbe =
  ({ records, vantages, homeRegion }: Needs) =>
  async (
    { drillId, round, cell, placements, taskToken }: DispatchProbeInput,
    signal: AbortSignal,
  ): Promise<null> => {
    const plan = await records.plan(drillId, signal);
    const request: ProbeRequest = {
      drillId,
      round,
      seed: plan.seed,
      homeRegion,
      cell,
      targets: placements.map(({ armId, host, port, runner }) => ({ armId, host, port, runner })),
      probes: plan.probes,
      replicaRegions: plan.servingRegions.filter((region) => region !== cell.region),
      sampling: {
        samples: plan.sampling.samples,
        warmup: plan.sampling.warmup,
        ratePerS: plan.sampling.ratePerS,
      },
      taskToken,
    };
    await vantages.dispatch(cell.vantage, request, signal);
    return null;
  };
