import { describe, expect, it } from 'vitest';
import { parseFunctionName } from '../../../local/lambda/functionName.ts';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:probe';

describe('a function name', () => {
  it.each([
    ['probe', undefined],
    [ARN, undefined],
    ['000000000000:function:probe', undefined],
    ['function:probe', undefined],
    ['probe:$LATEST', '$LATEST'],
    [`${ARN}:live`, 'live'],
  ])('may be written %s', (text, qualifier) => {
    expect(parseFunctionName(text, 'eu-west-1', undefined)).toEqual({ name: 'probe', qualifier });
  });

  it.each([
    [
      ARN.replace('eu-west-1', 'us-east-2'),
      "Functions from 'us-east-2' are not reachable in this region ('eu-west-1')",
    ],
    ['111111111111:function:probe', `Function not found: ${ARN}`],
    ['no such form', "Value 'no such form' at 'functionName'"],
  ])('%s is refused', (text, message) => {
    expect(() => parseFunctionName(text, 'eu-west-1', undefined)).toThrow(message);
  });
});
