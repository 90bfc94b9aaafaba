// Goal: each failure scenario weighs the same measurements by where the traffic then goes.
import { describe, expect, it } from 'vitest';
import { rankAll } from '../../../core/ranking/rank.ts';
import { scenariosOf } from '../../../core/ranking/scenarios.ts';
import { inputOf, PLAIN, REFERENCE } from './drills.ts';

const input = inputOf(PLAIN);

const weightsIn = (name: string, more: object = {}) =>
  scenariosOf({ ...input, ...more }).find((scenario) => scenario.name === name)!.weights;

describe('scenarios', () => {
  it('are all up and the loss of each serving region', () => {
    expect(scenariosOf(input).map(({ name }) => name)).toEqual([
      'all up',
      'eu-central-1 lost',
      'eu-west-1 lost',
    ]);
  });

  it('have no loss when there is one serving region', () => {
    const observations = input.observations.filter(({ region }) => region === 'eu-west-1');
    expect(scenariosOf({ observations }).map(({ name }) => name)).toEqual(['all up']);
  });

  it('weigh all cells that are left alike by default', () => {
    expect(Object.values(weightsIn('all up'))).toEqual(new Array(6).fill(1 / 6));
    expect(weightsIn('eu-west-1 lost')).toEqual({
      'eu-central-1<eu-central-1': 1 / 3,
      'eu-central-1<eu-west-1': 1 / 3,
      'eu-central-1<us-east-1': 1 / 3,
    });
  });

  it('send all traffic to the first region that is left, by the share of each vantage', () => {
    const more = {
      servingOrder: ['eu-west-1', 'eu-central-1'],
      vantageShares: { 'eu-west-1': 3, 'us-east-1': 1 },
    };
    const primary = { 'eu-west-1<eu-west-1': 0.75, 'eu-west-1<us-east-1': 0.25 };
    expect(weightsIn('all up', more)).toEqual(primary);
    expect(weightsIn('eu-central-1 lost', more)).toEqual(primary);
    expect(weightsIn('eu-west-1 lost', more)).toEqual({
      'eu-central-1<eu-west-1': 0.75,
      'eu-central-1<us-east-1': 0.25,
    });
  });

  it('split the share of a vantage over the regions that it reaches', () => {
    const weights = weightsIn('all up', { vantageShares: { 'eu-west-1': 1, 'us-east-1': 1 } });
    expect(weights).toEqual({
      'eu-central-1<eu-west-1': 0.25,
      'eu-central-1<us-east-1': 0.25,
      'eu-west-1<eu-west-1': 0.25,
      'eu-west-1<us-east-1': 0.25,
    });
  });

  it('refuse shares that leave no traffic', () => {
    expect(() => scenariosOf({ ...input, vantageShares: { mars: 1 } })).toThrow(
      'no measured vantage has a share of the traffic to eu-central-1, eu-west-1',
    );
  });

  it('may turn the ranking around', () => {
    const observations = input.observations.map((seen) =>
      seen.armId === 'twin' && seen.region === 'eu-central-1'
        ? { ...seen, valueMs: seen.valueMs * 2 }
        : seen,
    );
    const rankings = rankAll({ ...input, observations }, 0.5);
    const rankOfTwin = (scenario: string) =>
      rankings.find((ranking) => ranking.scenario === scenario)?.rows.find(({ v }) => v === 'twin')
        ?.rank;
    expect(rankOfTwin('all up')).toBe('4');
    expect(rankOfTwin('eu-west-1 lost')).toBe('4');
    expect(rankOfTwin('eu-central-1 lost')).toBe('2-3');
    expect(rankings.every(({ rows }) => rows.some(({ v }) => v === REFERENCE))).toBe(true);
  });
});
