/** The listener that the configuration names as a fence, as it is there. */
import { openListenerFences } from '../../aws/listenerFence.ts';
import { listenerFindings, unknownListenerFinding } from '../../core/deploy/fencedListener.ts';
import type { DeployFinding } from '../../core/deploy/findings.ts';
import { fencedListenerOf } from '../../events/fencedListener.ts';
import { refusalOf } from './refusal.ts';
import type { DeploySetup } from './setup.ts';

const LOOK_MS = 10_000;

/** Nothing where none is named, or nothing is watched. */
export const lookAtListener = async ({
  checked: { config },
  service,
}: DeploySetup): Promise<DeployFinding[]> => {
  const listener = fencedListenerOf(config.regions.primary);
  if (listener === null || config.record === undefined) return [];
  const fence = { listener, service, record: config.record };
  try {
    const found = await openListenerFences().look(fence, AbortSignal.timeout(LOOK_MS));
    return listenerFindings(listener, found);
  } catch (error) {
    return [unknownListenerFinding(listener, refusalOf(error))];
  }
};
