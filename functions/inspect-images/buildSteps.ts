/** The steps of a build, from its log. */
import type { BuildLogs } from '../../aws/buildLogs.ts';
import type { ImageBuild } from '../../aws/imageBuilds.ts';
import { parseSteps } from '../../core/build/steps.ts';
import { withoutValues } from '../../core/images/history.ts';
import type { ImageFacts } from '../../events/image.ts';
import type { Base } from '../_entry.ts';

/** A record of the table has a bound; Dockerfiles are far shorter. */
const STEPS_MAX = 200;

/** Empty when there is no log, or no builder that is known wrote in it. */
export const readBuildSteps = async (
  { logs, log }: Pick<Base, 'log'> & { logs: Pick<BuildLogs, 'lines'> },
  build: ImageBuild | undefined,
  signal: AbortSignal,
): Promise<ImageFacts['buildSteps']> => {
  if (!build?.log) return [];
  try {
    const steps = parseSteps(await logs.lines(build.log, signal));
    return steps
      .slice(0, STEPS_MAX)
      .map((step) => ({ ...step, instruction: withoutValues(step.instruction) }));
  } catch (error) {
    signal.throwIfAborted();
    log.warn('log of the build not read', { buildId: build.buildId, why: String(error) });
    return [];
  }
};
