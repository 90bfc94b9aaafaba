import { describe, expect, it } from 'vitest';
import { dataFolder, shownPath } from '../../../cli/dataFolder.ts';

describe('the data folder', () => {
  it('is the one asked for, else in the user’s own place', () => {
    expect(dataFolder('/srv/drills', {})).toBe('/srv/drills');
    expect(dataFolder(undefined, { XDG_DATA_HOME: '/data' })).toBe('/data/failover');
    expect(dataFolder(undefined, {})).toMatch(/\/\.local\/share\/failover$/);
  });

  it.each([
    ['/people/ada/reports/a.html', '~/reports/a.html'],
    ['/people/adam/reports/a.html', '/people/adam/reports/a.html'],
    ['/srv/a.html', '/srv/a.html'],
  ])('%s is shown as %s', (file, shown) => expect(shownPath(file, '/people/ada')).toBe(shown));
});
