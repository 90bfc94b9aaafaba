// Goal: what a person types becomes the fault that was meant, or an error that says what to type.
import { describe, expect, it } from 'vitest';
import { faultFrom, faultText, regionOf } from '../../../cli/watch/faultWords.ts';
import { checkFault } from '../../../local/network/faults.ts';

const PLAN = { primary: 'eu-west-1', standby: 'eu-central-1' };

const from = (kind: string, amount?: string, plane?: 'service' | 'aws') =>
  faultFrom({ region: 'eu-west-1', kind, amount, plane });

describe('the region of a fault', () => {
  it('is named by its role or by itself', () => {
    expect(regionOf('primary', PLAN)).toBe('eu-west-1');
    expect(regionOf('standby', PLAN)).toBe('eu-central-1');
    expect(regionOf('us-east-2', PLAN)).toBe('us-east-2');
  });

  it.each([
    ['primry', 'Did you mean "primary"?'],
    ['eu-west-l', 'Did you mean "eu-west-1"?'],
  ])('is guessed at: %s', (typo, guess) => {
    expect(() => regionOf(typo, PLAN)).toThrow(guess);
  });
});

describe('a fault', () => {
  it.each([
    ['down', undefined, { kind: 'down', scope: { region: 'eu-west-1' } }],
    ['refuse', undefined, { kind: 'refuse' }],
    ['blackhole', undefined, { kind: 'blackhole' }],
    ['slow', '2s', { kind: 'slow', addMs: 2_000 }],
    ['errors', '30%', { kind: 'error-rate', share: 0.3 }],
    ['loss', '10%', { kind: 'loss', share: 0.1 }],
    ['cut', 'us-east-2', { kind: 'one-way-cut', scope: { from: 'eu-west-1', to: 'us-east-2' } }],
  ])('%s %s is one that the network knows', (kind, amount, expected) => {
    const fault = from(kind, amount);
    expect(fault).toMatchObject(expected);
    checkFault(fault);
  });

  it('replaces the former of its kind and region', () => {
    expect(from('slow', '1s').id).toBe(from('slow', '2s').id);
    expect(from('slow', '1s').id).not.toBe(from('loss', '1%').id);
  });

  it.each([
    ['slow', undefined, 'Write: slow 2s'],
    ['slow', '2', '"2" is no duration'],
    ['errors', '130%', 'no share up to 100%'],
    ['loss', 'much', 'Write: loss 10%'],
    ['cut', undefined, 'name the other region'],
    ['cut', 'eu-west-1', 'name the other region'],
    ['blackhle', undefined, 'Did you mean "blackhole"?'],
  ])('%s %s says what to write', (kind, amount, message) => {
    expect(() => from(kind, amount)).toThrow(message);
  });

  it('is told as a person would say it', () => {
    expect(faultText(from('slow', '2s'))).toBe('eu-west-1: slow by 2000 ms');
    expect(faultText(from('errors', '30%', 'service'))).toBe(
      'eu-west-1: error-rate 30 % (service only)',
    );
    expect(faultText(from('cut', 'us-east-2'))).toBe('eu-west-1 → us-east-2: one-way-cut');
  });
});
