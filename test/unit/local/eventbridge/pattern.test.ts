// Goal: event patterns match what EventBridge matches, and what it refuses is refused.
// Method: one table per operator, against an event with every kind of value.
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../../local/eventbridge/pattern.ts';

const EVENT = {
  'detail-type': 'RegionVerdict',
  source: 'drill.health',
  resources: ['arn:a', 'arn:b'],
  detail: {
    state: 'DOWN',
    empty: '',
    nothing: null,
    count: 3,
    share: 0.25,
    on: true,
    ip: '10.0.1.7',
    ip6: '2001:db8::7',
    path: '/srv/lib/app.js',
    star: 'a*b',
    votes: [
      { region: 'eu-west-1', vote: 'UP' },
      { region: 'us-east-1', vote: 'DOWN' },
    ],
    list: [],
    inner: { deep: 'x' },
  },
};

const matches = (detail: unknown) => compilePattern(JSON.stringify({ detail }))(EVENT);

describe('a pattern', () => {
  it('needs every field and one of its values', () => {
    const on = (pattern: unknown) => compilePattern(JSON.stringify(pattern))(EVENT);
    expect(on({ source: ['drill.health'], detail: { state: ['UP', 'DOWN'] } })).toBe(true);
    expect(on({ source: ['drill.health'], detail: { state: ['UP'] } })).toBe(false);
    expect(on({ resources: ['arn:b'] })).toBe(true);
    expect(on({ resources: ['arn:c'] })).toBe(false);
    expect(on({ detail: { missing: ['x'] } })).toBe(false);
  });

  it.each<[string, unknown, boolean]>([
    ['a number', { count: [3] }, true],
    ['no text for a number', { count: ['3'] }, false],
    ['null', { nothing: [null] }, true],
    ['the empty text', { empty: [''] }, true],
    ['a boolean', { on: [true] }, true],
    ['prefix', { state: [{ prefix: 'DO' }] }, true],
    ['prefix is exact about case', { state: [{ prefix: 'do' }] }, false],
    ['prefix, ignoring case', { state: [{ prefix: { 'equals-ignore-case': 'do' } }] }, true],
    ['suffix', { path: [{ suffix: '.js' }] }, true],
    ['suffix, ignoring case', { path: [{ suffix: { 'equals-ignore-case': '.JS' } }] }, true],
    ['prefix of no text', { count: [{ prefix: '3' }] }, false],
    ['equals-ignore-case', { state: [{ 'equals-ignore-case': 'down' }] }, true],
    ['wildcard', { path: [{ wildcard: '/srv/*/app.*' }] }, true],
    ['wildcard at both ends', { path: [{ wildcard: '*lib*' }] }, true],
    ['wildcard without match', { path: [{ wildcard: '/srv/*/lib/*' }] }, false],
    ['wildcard parts may not overlap', { state: [{ wildcard: 'DOW*OWN' }] }, false],
    ['an escaped asterisk', { star: [{ wildcard: 'a\\*b' }] }, true],
    ['an escaped asterisk is no wildcard', { path: [{ wildcard: '\\*' }] }, false],
    ['anything-but', { state: [{ 'anything-but': 'UP' }] }, true],
    ['anything-but the value', { state: [{ 'anything-but': ['UP', 'DOWN'] }] }, false],
    ['anything-but a number', { count: [{ 'anything-but': [1, 2] }] }, true],
    ['anything-but needs a value', { missing: [{ 'anything-but': 'x' }] }, false],
    ['anything-but prefix', { state: [{ 'anything-but': { prefix: 'DO' } }] }, false],
    ['anything-but suffixes', { path: [{ 'anything-but': { suffix: ['.ts', '.css'] } }] }, true],
    [
      'anything-but, ignoring case',
      { state: [{ 'anything-but': { 'equals-ignore-case': 'down' } }] },
      false,
    ],
    ['anything-but wildcard', { path: [{ 'anything-but': { wildcard: '*/lib/*' } }] }, false],
    ['numeric range', { count: [{ numeric: ['>', 0, '<=', 3] }] }, true],
    ['numeric equality', { share: [{ numeric: ['=', 0.25] }] }, true],
    ['numeric below', { count: [{ numeric: ['<', 3] }] }, false],
    ['cidr', { ip: [{ cidr: '10.0.0.0/16' }] }, true],
    ['cidr of another net', { ip: [{ cidr: '10.1.0.0/16' }] }, false],
    ['cidr of IPv6', { ip6: [{ cidr: '2001:db8::/32' }] }, true],
    ['exists', { state: [{ exists: true }] }, true],
    ['exists of null', { nothing: [{ exists: true }] }, true],
    ['exists is for leaves', { inner: [{ exists: true }] }, false],
    ['absent', { missing: [{ exists: false }] }, true],
    ['absent below what is missing', { missing: { deep: [{ exists: false }] } }, true],
    ['absent where there is one', { state: [{ exists: false }] }, false],
    ['absent for an empty list', { list: [{ exists: false }] }, true],
    ['absent or a value', { state: [{ exists: false }, 'DOWN'] }, true],
    ['nested', { inner: { deep: ['x'] } }, true],
    ['one element of an array', { votes: { region: ['us-east-1'], vote: ['DOWN'] } }, true],
    ['no element pieced together', { votes: { region: ['eu-west-1'], vote: ['DOWN'] } }, false],
    ['$or', { $or: [{ count: [9] }, { state: ['DOWN'] }] }, true],
    ['$or of none', { $or: [{ count: [9] }, { state: ['UP'] }] }, false],
    ['$or beside a field', { on: [false], $or: [{ count: [3] }, { state: ['UP'] }] }, false],
    [
      'nested $or',
      { $or: [{ count: [9] }, { on: [true], $or: [{ state: ['UP'] }, { count: [3] }] }] },
      true,
    ],
  ])('knows %s', (_name, detail, expected) => {
    expect(matches(detail)).toBe(expected);
  });

  it.each<[string, string]>([
    ['{', 'Filter is not valid JSON'],
    ['[]', 'Filter is not an object'],
    ['{}', 'Empty objects are not allowed'],
    ['{"source":"x"}', '"source" must be an object or an array'],
    ['{"source":[]}', 'Empty arrays are not allowed at source'],
    ['{"source":[["x"]]}', 'Arrays are not allowed inside arrays'],
    ['{"detail":{"a":[{"contains":"x"}]}}', 'Unrecognized match type contains at detail.a'],
    ['{"a":[{"prefix":"x","suffix":"y"}]}', 'Only one key allowed in match expression'],
    ['{"a":[{"prefix":5}]}', 'prefix match pattern must be a non-empty string'],
    ['{"a":[{"exists":"yes"}]}', 'must be either true or false'],
    ['{"a":[{"numeric":[">"]}]}', 'must be an array such as'],
    ['{"a":[{"numeric":["!",1]}]}', "unrecognized operator '!'"],
    ['{"a":[{"numeric":["<",1,">",5]}]}', 'a lower one, then an upper one'],
    ['{"a":[{"numeric":[">",6e9]}]}', 'from -5.0e9 to 5.0e9'],
    ['{"a":[{"cidr":"10.0.0.0/33"}]}', 'Malformed CIDR'],
    ['{"a":[{"anything-but":["x",1]}]}', 'Value of anything-but'],
    ['{"a":[{"wildcard":"a**b"}]}', 'Consecutive wildcard characters at pos 1'],
    ['{"a":[{"wildcard":"a\\\\b"}]}', 'Invalid escape character at pos 1'],
  ])('refuses %s', (text, message) => {
    expect(() => compilePattern(text)).toThrow(message);
  });

  it('takes linear time for a hostile wildcard', () => {
    const test = compilePattern(JSON.stringify({ s: [{ wildcard: `${'*a'.repeat(200)}*b` }] }));
    const start = performance.now();
    expect(test({ s: 'a'.repeat(50_000) })).toBe(false);
    expect(performance.now() - start).toBeLessThan(200);
  });
});
