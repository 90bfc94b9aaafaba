/** A promotion in words: what is being done, where each place stands, what would be done. */
import { formatMs } from '../units.ts';
import {
  type Mode,
  type PlaceMemory,
  type PlaceStage,
  type PromotionLimits,
  type PromotionMemory,
  type Role,
  sharesOf,
} from './states.ts';

const DIGEST_CHARS = 12;

/** `sha256:` and twelve digits: enough to tell images apart. */
export const shortDigest = (digest: string): string =>
  digest.slice(0, 'sha256:'.length + DIGEST_CHARS);

const STAGE_WORDS: Readonly<Record<PlaceStage, string>> = {
  waiting: 'not begun',
  raise: 'the new version is being started beside the old one',
  shift: 'a share of the traffic goes to the new version',
  settle: 'the service takes the new version on',
  lower: 'what served meanwhile is taken away',
  done: 'runs the new version',
  revert: 'traffic goes back to the old version',
  restore: 'the service goes back to the old version',
  reverted: 'runs the old version again',
  kept: 'left as it was',
};

const isRollback = ({ mode }: Pick<PromotionMemory, 'mode'>): boolean => mode === 'rollback';

export const placeText = ({ role, region, stage }: PlaceMemory): string =>
  `${role} ${region}: ${STAGE_WORDS[stage]}`;

const shareText = (percent: number, isLast: boolean): string => {
  if (percent === 0) return 'the new version is compared with the old one, without traffic';
  return isLast
    ? 'all traffic goes to the new version; the old one is kept'
    : `${percent} % of the traffic go to the new version`;
};

/** What is done now. */
export const doingText = (memory: PromotionMemory, shares: readonly number[]): string => {
  const place = memory.places[memory.at];
  if (place === undefined || memory.over) return 'nothing: it is over';
  if (place.stage !== 'shift' || place.role === 'staging') return placeText(place);
  const share = shareText(shares[memory.share] ?? 0, memory.share + 1 >= shares.length);
  return `${place.role} ${place.region}: ${share}`;
};

/** How it ended, and what runs now. */
export const endingText = (memory: PromotionMemory): string => {
  const { ending, places } = memory;
  if (ending !== null) {
    const left = places.filter(({ stage }) => stage === 'done').map(({ region }) => region);
    const kept = left.length === 0 ? '' : `. ${left.join(' and ')} keeps the new version`;
    return `${ending.why}${isRollback(memory) ? '' : kept}`;
  }
  const promoted = places.filter(({ stage }) => stage === 'done').length;
  return promoted === 0
    ? 'every place ran it already'
    : `no worse than the old version at every gate, in ${promoted} of ${places.length} places`;
};

type Planned = {
  readonly mode: Mode;
  readonly digest: string;
  readonly places: readonly { readonly role: Role; readonly region: string }[];
  readonly steps: readonly number[];
  readonly limits: Pick<PromotionLimits, 'holdMs' | 'soakMs'>;
};

/** What a promotion would do, in order. */
export const planText = ({ mode, digest, places, steps, limits }: Planned): string[] => {
  const image = shortDigest(digest);
  if (mode === 'rollback') {
    return places.map(({ role, region }) => `${role} ${region}: back to what ran before ${image}`);
  }
  const between = sharesOf(mode, steps).slice(1, -1);
  const held = between.length === 0 ? '' : ` (${formatMs(limits.holdMs)} each)`;
  const shares = [...between.map((percent) => `${percent} %`), '100 %'].join(', ');
  const staging = places.some(({ role }) => role === 'staging')
    ? []
    : ['staging: skipped, no staging configured (promotion.staging)'];
  const lines = places.map(({ role, region }) =>
    role === 'staging'
      ? `staging ${region}: deploy ${image}, compare it with what serves there`
      : `${role} ${region}: start ${image} beside the old version, compare, then ${shares}${held}; the old version is kept for ${formatMs(limits.soakMs)}, then replaced`,
  );
  return [...staging, ...lines];
};
