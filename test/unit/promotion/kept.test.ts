// Goal: deploying a service anew puts nothing back over what a promotion did, and hears who changes the sources.
import { describe, expect, it } from 'vitest';
import { imageToRun, promotedBy } from '../../../core/promotion/kept.ts';

const [OLD, BETTER, NEW] = ['sha256:old', 'sha256:better', 'sha256:new'];
const ENDED = { over: true, digest: BETTER, previousDigest: OLD };

describe('the image that a service runs after a deployment', () => {
  const imageAfter = (running: string | null, last: typeof ENDED | undefined, reference: string) =>
    imageToRun(running, promotedBy(last, OLD, reference), reference);

  it('is the one that is asked for, where nothing was promoted', () => {
    expect(imageAfter(null, undefined, OLD)).toBe(OLD);
    expect(imageAfter(OLD, undefined, NEW)).toBe(NEW);
  });

  it('stays the promoted one, or the one before it, as long as the same is asked for as then', () => {
    expect(imageAfter(BETTER, ENDED, OLD)).toBe(BETTER);
    expect(imageAfter(OLD, ENDED, OLD)).toBe(OLD);
    expect(imageAfter(null, ENDED, OLD)).toBe(OLD);
  });

  it('is another one once the sources have changed, or when nobody promoted what runs', () => {
    expect(imageAfter(BETTER, ENDED, NEW)).toBe(NEW);
    expect(imageAfter('sha256:stray', ENDED, OLD)).toBe(OLD);
  });
});

it('a promotion under way is told, whatever is asked for', () => {
  expect(promotedBy({ ...ENDED, over: false }, OLD, NEW)).toEqual({ digests: [], underWay: true });
  expect(promotedBy({ ...ENDED, previousDigest: null }, OLD, OLD).digests).toEqual([BETTER]);
});
