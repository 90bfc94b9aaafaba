// Goal: a target gets exactly the JSON its Input, InputPath or InputTransformer asks for.
import { describe, expect, it } from 'vitest';
import { checkInput, type InputRule, targetInput } from '../../../../local/eventbridge/input.ts';

const EVENT = {
  id: 'e1',
  'detail-type': 'T',
  resources: ['arn:a', 'arn:b'],
  detail: { state: 'DO"WN', count: 3, votes: [{ region: 'x' }] },
};
const FACTS = { ruleArn: 'arn:rule', ruleName: 'night', ingestedAt: '2026-11-20T00:00:00Z' };
const given = (rule: InputRule) => {
  checkInput(rule);
  return JSON.parse(targetInput(rule, EVENT, FACTS));
};
const transformed = (template: string, paths: Record<string, string> = {}) =>
  given({ transformer: { paths, template } });

describe('the input of a target', () => {
  it('is the event, a constant or a part', () => {
    expect(given({})).toEqual(EVENT);
    expect(given({ input: '{"a":1}' })).toEqual({ a: 1 });
    expect(given({ inputPath: '$.detail' })).toEqual(EVENT.detail);
    expect(given({ inputPath: "$['detail-type']" })).toBe('T');
    expect(given({ inputPath: '$.detail.votes[0].region' })).toBe('x');
    expect(given({ inputPath: '$.detail.none' })).toBeNull();
  });

  it('puts values into a template, as JSON outside strings and as text inside', () => {
    const paths = { state: '$.detail.state', count: '$.detail.count', all: '$.detail.votes' };
    expect(transformed('{"s": <state>, "n": <count>, "v": <all>}', paths)).toEqual({
      s: 'DO"WN',
      n: 3,
      v: [{ region: 'x' }],
    });
    expect(transformed('"Region is <state>, <count> times, \\"<all>\\""', paths)).toBe(
      'Region is DO"WN, 3 times, "[{"region":"x"}]"',
    );
    expect(transformed('{"gone": <gone>, "text": "<gone>"}', { gone: '$.detail.x' })).toEqual({
      gone: null,
      text: '',
    });
  });

  it('knows the variables of EventBridge', () => {
    const { detail: _, ...envelope } = EVENT;
    expect(
      transformed(
        '{"r": "<aws.events.rule-name>", "a": <aws.events.rule-arn>, "e": <aws.events.event>, "j": <aws.events.event.json>}',
      ),
    ).toEqual({ r: 'night', a: 'arn:rule', e: envelope, j: EVENT });
  });

  it.each<[InputRule, string]>([
    [{ input: '{' }, 'JSON syntax error in Input'],
    [{ input: '1', inputPath: '$' }, 'only one of Input, InputPath'],
    [{ inputPath: 'detail' }, "'detail' is not a JSON path"],
    [{ inputPath: '$.a[*]' }, "'$.a[*]' is not a JSON path"],
    [{ transformer: { paths: {}, template: '{"a": <b>}' } }, 'InputTemplate has <b>'],
    [{ transformer: { paths: { 'aws.x': '$' }, template: '1' } }, "'aws.x' is reserved"],
    [{ transformer: { paths: {}, template: '{"a": }' } }, 'does not give valid JSON'],
  ])('refuses %j', (rule, message) => {
    expect(() => checkInput(rule)).toThrow(message);
  });
});
