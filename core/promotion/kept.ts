/** Which image a service is to run when it is deployed anew, beside what promotions have put there. */

/** What of the last promotion matters here. */
export type LastPromotion = {
  readonly over: boolean;
  readonly digest: string;
  /** What ran before it; null where that was not known. */
  readonly previousDigest: string | null;
};

/** What promotions have left: images that stay although the configuration names another. */
export type Promoted = {
  readonly digests: readonly string[];
  /** One is under way, and goes on where it was: nothing is touched. */
  readonly underWay: boolean;
};

/**
 * Images of the last promotion stay for as long as the configuration asks for the same as then: `planned` is what it
 * asked for when promotions were last set up, and `reference` what it asks for now. A person who changes the sources
 * is heard.
 */
export const promotedBy = (
  last: LastPromotion | undefined,
  planned: string | null,
  reference: string,
): Promoted => {
  if (last === undefined) return { digests: [], underWay: false };
  if (!last.over) return { digests: [], underWay: true };
  if (planned !== reference) return { digests: [], underWay: false };
  const { digest, previousDigest } = last;
  return {
    digests: previousDigest === null ? [digest] : [digest, previousDigest],
    underWay: false,
  };
};

/** The image that a service is to run: what runs, where a promotion has put it there, or what is asked for. */
export const imageToRun = (
  running: string | null,
  { digests }: Promoted,
  reference: string,
): string => (running !== null && digests.includes(running) ? running : reference);
