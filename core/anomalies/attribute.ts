/** Whether the image, its surroundings or the measuring itself moved. */

/** How far a series moved since the first bad night: the logarithm of after by before. */
export type Move = { readonly logChange: number; readonly alert: boolean };

export type Moves = {
  /** What runs today, absolute. */
  readonly reference: Move;
  /** The image in question, absolute; the reference again when it is the one in question. */
  readonly candidate: Move;
  /** Candidate by reference. */
  readonly relative: Move;
  /** The same image measured twice: control by reference. */
  readonly control: Move;
};

export type Cause = {
  readonly word: 'image' | 'environment' | 'measurement';
  /** Whose image, where it is the image. */
  readonly of: 'candidate' | 'reference' | null;
  readonly why: string;
};

/** A series moved too when it went at least this share of the way of the one that went farthest. */
const SHARE = 0.5;

/**
 * The cause of a night's alert, or undefined when nothing moved. Two arms of one image that differ make
 * every other comparison of that night worthless, so they come first.
 */
export const causeOf = ({ reference, candidate, relative, control }: Moves): Cause | undefined => {
  const all = [reference, candidate, relative, control];
  if (!all.some(({ alert }) => alert)) return undefined;
  const farthest = Math.max(...all.map(({ logChange }) => Math.abs(logChange)));
  const moved = ({ logChange }: Move): boolean => Math.abs(logChange) >= SHARE * farthest;
  if (control.alert || (moved(control) && !moved(candidate))) {
    return { word: 'measurement', of: null, why: 'the same image, measured twice, differs' };
  }
  if (moved(relative)) {
    return moved(reference) && !moved(candidate)
      ? { word: 'image', of: 'reference', why: 'only what runs today moved' }
      : { word: 'image', of: 'candidate', why: 'it moved against what runs today' };
  }
  return { word: 'environment', of: null, why: 'all images moved alike' };
};
