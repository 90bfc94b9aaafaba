// A drill in which much went wrong without ending it: a failed build, a vantage away, one not ready, errors, lateness.
import type { KeptDrill } from '../../functions/rank/report.ts';
import { drillRecords, MODEL, SHOP } from './drillRecords.ts';

const NOT_READY = {
  region: 'eu-west-1',
  armId: 'web',
  error: 'NotReady',
  reason: '/healthz answered 503 for 60 s',
};

const isNotReady = (round: number, region: string, armId: string): boolean =>
  round === 4 && region === NOT_READY.region && armId === NOT_READY.armId;

export const troubledDrill = (): KeptDrill => {
  const broken = { id: 'broken', waitMs: 20, readyMs: 500 };
  const drill = drillRecords({ ...MODEL, variants: [...SHOP, broken], rounds: 10, noise: 0.03 });
  return {
    ...drill,
    unreachable: [
      {
        round: 3,
        cell: { region: 'eu-west-1', vantage: 'eu-north-1' },
        reason: 'no answer within 30 s',
      },
    ],
    placements: drill.placements.map((record) => {
      const { round, placement } = record;
      return placement && isNotReady(round, placement.region, placement.armId)
        ? { round, placement: null, failure: NOT_READY }
        : record;
    }),
    bursts: drill.bursts
      .filter(({ round, cell, armId }) => !isNotReady(round, cell.region, armId))
      .filter(
        ({ round, cell }) =>
          !(round === 3 && cell.region === 'eu-west-1' && cell.vantage === 'eu-north-1'),
      )
      .map((burst) => {
        if (burst.armId === 'fat' && burst.round < 3) {
          return { ...burst, errors: { 'http.timeout': 2, 'http.status': 1 } };
        }
        return burst.round === 7 && burst.armId === 'slim' && burst.cell.vantage === 'eu-west-1'
          ? { ...burst, valid: false }
          : burst;
      }),
  };
};
