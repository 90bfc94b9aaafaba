/** What came of the promotion that a drill was to make, in a sentence, and what a person may do next. */

export type PromotionSeen = {
  readonly status: 'started' | 'would-start' | 'refused' | 'skipped';
  readonly why: string;
  readonly promotionId: string | null;
  readonly mode: string;
  readonly variant: string | null;
};

const PROMOTE = 'Promote ';

/** The step that asks a person to promote, as `nextSteps` gives it. */
export const promoteStep = (variant: string): string =>
  `${PROMOTE}${variant}: it is faster, and in no failure scenario slower. failover promote ${variant}`;

export const promotionText = ({
  status,
  why,
  promotionId,
  mode,
  variant,
}: PromotionSeen): string =>
  status === 'started'
    ? `promotion of ${variant ?? 'the best variant'} started (${mode}): failover report ${promotionId}`
    : `nothing promoted: ${why}`;

/** A person is not asked for what has begun already. */
export const nextAfter = (next: readonly string[], { status }: PromotionSeen): string[] =>
  status === 'started'
    ? [
        'Follow the promotion with failover status, or take it back with failover rollback.',
        ...next.filter((step) => !step.startsWith(PROMOTE)),
      ]
    : [...next];
