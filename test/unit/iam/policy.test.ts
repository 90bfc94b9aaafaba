// Goal: a policy that says more than is known here is refused, not taken for allowed.
// Method: one statement for each part of IAM's language that is not known, and the edges of those that are.
import { describe, expect, it } from 'vitest';
import { decide, PolicyNotKnown, readStatement } from '../../../core/iam/policy.ts';

const ALLOW = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };

describe('a statement', () => {
  it.each([
    ['NotAction', { Effect: 'Allow', NotAction: 's3:*', Resource: '*' }],
    ['Principal', { ...ALLOW, Principal: '*' }],
    ['Effect', { ...ALLOW, Effect: 'allow' }],
    ['operator', { ...ALLOW, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }],
    ['ForAnyValue', { ...ALLOW, Condition: { 'ForAnyValue:StringEquals': { 'a:b': 'c' } } }],
    ['variable', { ...ALLOW, Resource: 'arn:aws:s3:::b/$' + '{aws:username}' }],
    ['no text', { ...ALLOW, Resource: { Ref: 'Bucket' } }],
    ['no text', { ...ALLOW, Condition: { StringEquals: { 'a:b': 1 } } }],
    ['mapping', 'Allow'],
  ])('with a part that is not known is refused: %s', (_what, statement) => {
    expect(() => readStatement(statement)).toThrow(PolicyNotKnown);
  });
});

describe('a decision', () => {
  const asked = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/x', context: {} };

  it('denies what nothing allows, and what something denies', () => {
    const allow = readStatement(ALLOW);
    const deny = readStatement({ ...ALLOW, Effect: 'Deny' });
    expect(decide([], asked)).toBe('implicitly denied');
    expect(decide([allow], asked)).toBe('allowed');
    expect(decide([allow, deny], asked)).toBe('explicitly denied');
    expect(decide([allow], { ...asked, resource: 'arn:aws:s3:::bb/x' })).toBe('implicitly denied');
  });

  it('takes a pattern for a pattern of IAM, not of regular expressions', () => {
    const odd = readStatement({ ...ALLOW, Resource: 'arn:aws:s3:::b/(x|y).+' });
    expect(decide([odd], asked)).toBe('implicitly denied');
    expect(decide([odd], { ...asked, resource: 'arn:aws:s3:::b/(x|y).+' })).toBe('allowed');
  });

  it('needs a key that a condition names, but for ForAllValues', () => {
    const one = readStatement({ ...ALLOW, Condition: { StringLike: { 'a:b': '*' } } });
    const all = readStatement({
      ...ALLOW,
      Condition: { 'ForAllValues:StringLike': { 'a:b': 'x' } },
    });
    expect(decide([one], asked)).toBe('implicitly denied');
    expect(decide([one], { ...asked, context: { 'A:B': 'x' } })).toBe('allowed');
    expect(decide([all], asked)).toBe('allowed');
    expect(decide([all], { ...asked, context: { 'a:b': ['x', 'y'] } })).toBe('implicitly denied');
  });
});
