// Goal: a full disk is told as such, and nothing else is taken for one.
// Method: what a tool said, against the room that the disk of the data folder has.
import { describe, expect, it } from 'vitest';
import { type DiskRoom, fullDisk, roomOf } from '../../../../local/containers/fullDisk.ts';

const SAID = 'Error: write /srv/drills/vfs/layers.json: no space left on device';
const GB: DiskRoom = { freeBytes: 1e9, freeFiles: 50_000 };
const told = (said: string, room: DiskRoom) => fullDisk('buildah', said, '/srv/drills', room);

describe('a disk that a builder finds full', () => {
  it('is told with what is left, the tool and the way out', () => {
    expect(told(SAID, { ...GB, freeBytes: 2_100_000 })).toMatchObject({
      name: 'DiskFull',
      message:
        'no space left on the disk of /srv/drills (2.1 MB free): buildah could not build its first image. Free some space, or name a folder on another disk with --data',
    });
  });

  it('may lack files instead of bytes', () => {
    expect(told(SAID, { ...GB, freeFiles: 3 })?.message).toContain('(room for 3 more files)');
  });

  it.each([
    ['has room: the kernel refused something else', SAID, GB],
    ['does not count files', SAID, { ...GB, freeFiles: null }],
    ['was not what the tool complained of', 'permission denied', { ...GB, freeBytes: 0 }],
  ])('is none where it %s', (_, said, room) => expect(told(said, room)).toBeUndefined());

  it('is asked for its room', () => expect(roomOf('/').freeBytes).toBeGreaterThanOrEqual(0));
});
