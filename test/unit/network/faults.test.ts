// Goal: each fault touches the calls it should, in the direction it should, and no others.
import { describe, expect, it } from 'vitest';
import {
  CLEAR,
  callState,
  checkFault,
  type Fault,
  type FaultKind,
  type FaultScope,
  lossDelayMs,
} from '../../../local/network/faults.ts';

const fault = (scope: FaultScope, what: FaultKind, plane?: Fault['plane']): Fault => ({
  id: 'f',
  scope,
  ...(plane === undefined ? {} : { plane }),
  ...what,
});
const under = (
  one: Fault,
  caller: string | undefined,
  called: string,
  plane = 'service' as const,
) => callState([one], caller, called, plane);

describe('a fault of a region', () => {
  it('down cuts calls to it and from it', () => {
    const down = fault({ region: 'b' }, { kind: 'down' });
    expect(under(down, 'a', 'b')).toMatchObject({ toPasses: false, backPasses: false });
    expect(under(down, 'b', 'a')).toMatchObject({ toPasses: false, backPasses: false });
    expect(under(down, undefined, 'b').toPasses).toBe(false);
    expect(under(down, 'a', 'c')).toEqual(CLEAR);
  });

  it.each([
    ['refuse', { kind: 'refuse' }, { refuses: true }],
    ['blackhole', { kind: 'blackhole' }, { toPasses: false, backPasses: false }],
    [
      'error-rate',
      { kind: 'error-rate', share: 0.3, status: 500 },
      { errorShare: 0.3, errorStatus: 500 },
    ],
  ] as const)('%s hits calls to it, not its own calls', (_, what, seen) => {
    const broken = fault({ region: 'b' }, what);
    expect(under(broken, 'a', 'b')).toEqual({ ...CLEAR, ...seen });
    expect(under(broken, 'b', 'a')).toEqual(CLEAR);
  });

  it('touches only the plane it names', () => {
    const down = fault({ region: 'b' }, { kind: 'down' }, 'aws');
    expect(callState([down], 'a', 'b', 'service')).toEqual(CLEAR);
    expect(callState([down], 'a', 'b', 'aws').toPasses).toBe(false);
  });
});

describe('a fault of a link', () => {
  const link = { from: 'a', to: 'b' };

  it('one-way cut loses packets of one end whoever calls', () => {
    const cut = fault(link, { kind: 'one-way-cut' });
    expect(under(cut, 'a', 'b')).toMatchObject({ toPasses: false, backPasses: true });
    expect(under(cut, 'b', 'a')).toMatchObject({ toPasses: true, backPasses: false });
    expect(under(cut, 'a', 'c')).toEqual(CLEAR);
  });

  it('slow adds half of its delay to each way, both ways round', () => {
    const slow = fault(link, { kind: 'slow', addMs: 80 });
    expect(under(slow, 'a', 'b').addMs).toBe(40);
    expect(under(slow, 'b', 'a').addMs).toBe(40);
  });

  it('refuse hits the calls of one end', () => {
    const refuse = fault(link, { kind: 'refuse' });
    expect(under(refuse, 'a', 'b').refuses).toBe(true);
    expect(under(refuse, 'b', 'a').refuses).toBe(false);
    expect(under(refuse, undefined, 'b').refuses).toBe(false);
  });
});

it('faults add up', () => {
  const loss = (id: string, share: number): Fault => ({
    id,
    scope: { region: 'b' },
    kind: 'loss',
    share,
  });
  const state = callState([loss('x', 0.5), loss('y', 0.5)], 'a', 'b', 'service');
  expect(state.loss).toBeCloseTo(0.75);
});

describe('lost packets', () => {
  it('cost the retransmission timeout, doubled each time', () => {
    const draws = [0.1, 0.1, 0.9];
    expect(lossDelayMs(0.5, 100, () => draws.shift() ?? 1)).toBe(300 + 600);
    expect(lossDelayMs(0.5, 100, () => 0.5)).toBe(0);
  });

  it('cost a bounded time even when all are lost', () => {
    expect(lossDelayMs(1, 0, () => 0)).toBe(200 * (2 ** 8 - 1));
  });
});

it.each([
  [fault({ region: 'b' }, { kind: 'loss', share: 1.5 }), 'a share of 1.5 is not from 0 to 1'],
  [fault({ region: 'b' }, { kind: 'slow', addMs: -1 }), '-1 added milliseconds'],
  [fault({ region: 'b' }, { kind: 'error-rate', share: 0.1, status: 404 }), 'status 404 is no 5xx'],
  [fault({ region: 'b' }, { kind: 'one-way-cut' }), 'needs a link { from, to }'],
])('%o is refused', (bad, message) => {
  expect(() => checkFault(bad)).toThrow(message);
});
