/** Judges the image of each variant by the gates of the plan; who fails one is not placed. */
import type { DrillRecords } from '../../aws/drillRecords.ts';
import { failedGates, gateReason, judgeImage } from '../../core/images/gates.ts';
import type { GateImagesInput, GateImagesOutput, ImageFacts } from '../../events/image.ts';
import type { Base } from '../_entry.ts';

type Needs = Base & { records: DrillRecords };

const present = (...digests: (string | null)[]): string[] =>
  digests.filter((digest) => digest !== null);

export const gateImages =
  ({ records, clock, log, count }: Needs) =>
  async ({ drillId, arms }: GateImagesInput, signal: AbortSignal): Promise<GateImagesOutput> => {
    const plan = await records.plan(drillId, signal);
    const images = await records.images(drillId, signal);
    const judged = images.map((image): ImageFacts => {
      if (image.status !== 'built') return image;
      const digests = present(image.digest, image.configDigest);
      return { ...image, gates: judgeImage({ ...image, digests }, plan.gates) };
    });
    for (const image of judged) await records.putImage(drillId, image, clock.now(), signal);
    const failed = judged.filter(({ gates }) => failedGates(gates).length > 0);
    for (const { variantId, gates } of failed) {
      log.warn('gate failed', { drillId, variantId, why: gateReason(gates) });
    }
    const gated = failed
      .map(({ variantId }) => variantId)
      .filter((variantId) => variantId !== plan.reference);
    count('VariantsGated', gated.length);
    const variantOf = new Map(plan.arms.map(({ id, variantId }) => [id, variantId]));
    return { arms: arms.filter(({ armId }) => !gated.includes(variantOf.get(armId) ?? '')), gated };
  };
