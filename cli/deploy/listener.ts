/** The listener that the configuration names as a fence, as it is there. */
import { openListenerFences } from '../../aws/listenerFence.ts';
import {
  closedListenerFindings,
  listenerFindings,
  unknownListenerFinding,
} from '../../core/deploy/fencedListener.ts';
import type { DeployFinding } from '../../core/deploy/findings.ts';
import { fencedListenerOf } from '../../events/fencedListener.ts';
import { refusalOf } from './refusal.ts';
import type { DeploySetup } from './setup.ts';

const LOOK_MS = 10_000;

const lookBy = async (
  { checked: { config }, service }: DeploySetup,
  judge: typeof listenerFindings,
): Promise<DeployFinding[]> => {
  const listener = fencedListenerOf(config.regions.primary);
  if (listener === null || config.record === undefined) return [];
  const fence = { listener, service, record: config.record };
  try {
    const found = await openListenerFences().look(fence, AbortSignal.timeout(LOOK_MS));
    return judge(listener, found);
  } catch (error) {
    return [unknownListenerFinding(listener, refusalOf(error))];
  }
};

/** Whether it can be closed. Nothing where none is named, or nothing is watched. */
export const lookAtListener = (setup: DeploySetup): Promise<DeployFinding[]> =>
  lookBy(setup, listenerFindings);

/** Whether it is closed, before what would open it again is taken away. */
export const lookAtClosedListener = (setup: DeploySetup): Promise<DeployFinding[]> =>
  lookBy(setup, closedListenerFindings);
