// Goal: an image has one digest and, in each region, a name of its own.
import { describe, expect, it } from 'vitest';
import { nameIn } from '../../../core/images/registry.ts';

const NAME = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/failover-drill-shop';

describe('the name of an image in another region', () => {
  it('differs in the region alone, whatever follows', () => {
    const other = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/failover-drill-shop';
    expect(nameIn('eu-west-1', NAME)).toBe(other);
    expect(nameIn('eu-west-1', `${NAME}:eu-central-1`)).toBe(`${other}:eu-central-1`);
    expect(nameIn('eu-central-1', NAME)).toBe(NAME);
    const inChina = '111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/shop:slim';
    expect(nameIn('cn-northwest-1', inChina)).toBe(inChina.replace('north', 'northwest'));
  });

  it.each(['shop:slim', 'docker.io/library/node', `https://${NAME}`])('is none of %s', (name) => {
    expect(() => nameIn('eu-west-1', name)).toThrow('names no image of ECR');
  });
});
