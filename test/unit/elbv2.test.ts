// Goal: rules choose as the user guide of load balancers says. Method: the pure choices.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weighted } from '../../local/elbv2/actions.ts';
import { ruleFor } from '../../local/elbv2/conditions.ts';
import { isAmong } from '../../local/elbv2/health.ts';
import type { Condition, Rule } from '../../local/elbv2/state.ts';

const rule = (arn: string, ...conditions: Condition[]): Rule => ({
  arn,
  priority: conditions.length === 0 ? 'default' : 1,
  conditions,
  action: { type: 'forward', groups: [] },
});

describe('a rule', () => {
  const rules = [
    rule('images', { field: 'path-pattern', values: ['/img/*.png', '/i?'] }),
    rule('admin', { field: 'host-header', values: ['admin.*'] }),
    rule('all'),
  ];
  it.each([
    ['/img/a/b.png', 'x.test', 'images'],
    ['/i1', 'x.test', 'images'],
    ['/i12', 'x.test', 'all'],
    ['/img/a.jpg', 'x.test', 'all'],
    ['/', 'ADMIN.x.test', 'admin'],
    ['/img/(a).png', 'admin.test', 'images'],
    ['/', 'xadmin.test', 'all'],
  ])('for %s of %s is %s', (path, host, wanted) => {
    expect(ruleFor(rules, { path, host, headers: {} })?.arn).toBe(wanted);
  });
});

describe('a rule by header', () => {
  const rules = [
    rule('both', { field: 'http-header', name: 'X-Side', values: ['group/next?1', 'other'] }),
    rule('agents', { field: 'http-header', name: 'User-Agent', values: ['*Chrome*'] }),
    rule('all'),
  ];
  it.each([
    ['its value', { 'x-side': ['group/next/1'] }, 'both'],
    ['another case', { 'x-side': ['GROUP/Next/1'] }, 'both'],
    ['one of several values', { 'x-side': ['first', 'OTHER'] }, 'both'],
    ['part of its value', { 'x-side': ['group/next'] }, 'all'],
    ['text around its value', { 'x-side': ['a group/next/1'] }, 'all'],
    ['wildcards', { 'user-agent': ['Mozilla/5.0 Chrome/1 Safari/2'] }, 'agents'],
    ['no header', {}, 'all'],
  ])('compares whole values, in any case: %s', (_what, headers, wanted) => {
    expect(ruleFor(rules, { path: '/', host: 'x.test', headers })?.arn).toBe(wanted);
  });
});

describe('weights', () => {
  it('are shares of all that is sent', () => {
    const groups = [
      { arn: 'a', weight: 1 },
      { arn: 'none', weight: 0 },
      { arn: 'b', weight: 3 },
    ];
    const chosen = Array.from({ length: 100 }, (_, n) => weighted(groups, n / 100));
    expect(chosen.filter((arn) => arn === 'a')).toHaveLength(25);
    expect(chosen.filter((arn) => arn === 'b')).toHaveLength(75);
  });

  it('of nothing but 0 send nowhere', () => {
    expect(weighted([{ arn: 'a', weight: 0 }], 0.5)).toBeUndefined();
  });

  it('always choose a group that has one', () => {
    const groups = fc.array(fc.nat(999), { minLength: 1, maxLength: 5 });
    const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(groups, share, (weights, at) => {
        fc.pre(weights.some((weight) => weight > 0));
        const named = weights.map((weight, n) => ({ arn: String(n), weight }));
        const arn = weighted(named, at);
        expect(weights[Number(arn)]).toBeGreaterThan(0);
      }),
    );
  });
});

it.each([
  ['200', 200, true],
  ['200', 201, false],
  ['200,302', 302, true],
  ['200-299', 204, true],
  ['200-299', 300, false],
])('codes %s have %i: %s', (matcher, status, found) => {
  expect(isAmong(matcher, status)).toBe(found);
});
