// Goal: the wire of the simulation keeps nothing of a run that is over.
// Method: a caller that has died waits for an answer; what it would have done with it is looked for after a collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type Caller, type Interference, interfered } from '../../../sim/system/wire.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const DEAD: Caller = {
  ...{ name: 'flip', region: 'eu-west-1', part: 'flip' },
  ...{ isDead: () => true, event: () => null, kill: () => {} },
};
const NOTHING: Interference = { before: async () => undefined, after: async () => {} };

const callInVain = (): WeakRef<object> => {
  const world = { heard: false };
  const dispatch = interfered(
    async () => Promise.reject(new Error('asked')),
    DEAD,
    NOTHING,
    Date.now,
  );
  const request = {
    ...{ method: 'POST', path: '/', query: new URLSearchParams() },
    ...{ headers: {}, body: new Uint8Array() },
  };
  const origin = { sourceAddress: '127.0.0.1', signal: new AbortController().signal };
  dispatch(request, origin).finally(() => {
    world.heard = true;
  });
  return new WeakRef(world);
};

it('lets go of the world of a caller that died', async () => {
  const world = callInVain();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(world.deref()).toBeUndefined();
});
