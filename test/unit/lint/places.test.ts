// Goal: the rules of places that the project's own plan never breaks fire too.
// Method: stacks and plans that were placed wrongly.
import { describe, expect, it } from 'vitest';
import { homeFaults } from '../../../core/lint/flipPath.ts';
import type { Setup, Stack } from '../../../core/lint/model.ts';
import { checkFaults, switchFaults } from '../../../core/lint/places.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { readStack } from '../../../local/stack/stackModel.ts';
import { MACHINE_FILES, readMachine } from '../../asl/machines.ts';

const SETUP: Setup = {
  primary: 'eu-west-1',
  standby: 'eu-central-1',
  driver: 'quorum',
  oneController: null,
  endpoints: { primary: null, standby: null },
  residency: { data: 'any', logs: 'any', images: 'any' },
  placeOf: (...path) => ({ file: 'failover.yml', path }),
};

const at = (role: string, region: string): Stack =>
  readStack({
    folder: PROJECT_FOLDER,
    role,
    region,
    accountId: '000000000000',
    params: { service: 'shop' },
  });

const MACHINES = MACHINE_FILES.map((file) => ({ file, definition: readMachine(file) }));

describe('places', () => {
  it('a switch in the primary uses up the one failure that is tolerated', () => {
    expect(switchFaults(at('switch', 'eu-west-1'), SETUP)).toMatchObject([
      { rule: 'switch-in-primary', file: 'resources/switch.yml' },
    ]);
    expect(switchFaults(at('switch', 'eu-north-1'), SETUP)).toEqual([]);
  });

  it('what judges and moves must not stand in the primary', () => {
    const serving = ['eu-west-1', 'eu-central-1'].map((region) => at('serving', region));
    const stacks = [at('failover', 'eu-west-1'), ...serving];
    expect(homeFaults(stacks, MACHINES, SETUP)).toMatchObject([
      { rule: 'flip-needs-primary', path: ['regions', 'primary'] },
    ]);
    expect(homeFaults([at('failover', 'eu-central-1')], MACHINES, SETUP)).toEqual([]);
  });

  it('images may be kept in the primary as long as the standby has them too', () => {
    const primary = at('serving', 'eu-west-1');
    expect(homeFaults([primary], MACHINES, SETUP)).toMatchObject([
      { rule: 'flip-needs-primary', what: expect.stringContaining('could start no task') },
    ]);
    expect(homeFaults([primary, at('serving', 'eu-central-1')], MACHINES, SETUP)).toEqual([]);
  });

  it('a check of a switch that looks for no text takes any answer of S3 for a vote', () => {
    const place = { file: 'x.yml', path: [] };
    const check = { type: 'HTTPS', host: 'b.s3.eu-north-1.amazonaws.com', disabled: false, place };
    expect(checkFaults([], [{ ...check, searchString: null }])).toMatchObject([
      { rule: 'check-redirected' },
    ]);
    expect(checkFaults([], [{ ...check, searchString: 'standby' }])).toEqual([]);
    expect(checkFaults([], [{ ...check, searchString: 'standby', disabled: true }])).toMatchObject([
      { rule: 'check-disabled', what: expect.stringContaining('healthy for ever') },
    ]);
  });
});
