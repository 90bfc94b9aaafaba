import { type Burst, INTERRUPTED } from '../drill/bursts.ts';

export type Problem = { kind: string; where: string; what: string };

type ImageSeen = {
  readonly variantId: string;
  readonly status: 'built' | 'failed' | 'duplicate';
  readonly reason: string | null;
};
type Failure = {
  readonly round: number;
  readonly failure: {
    readonly region: string;
    readonly armId: string;
    readonly error: string;
    readonly reason: string;
  } | null;
};
type Unreachable = {
  readonly round: number;
  readonly cell: { readonly region: string; readonly vantage: string };
  readonly reason: string;
};

const roundsText = (rounds: readonly number[]): string => {
  const each = [...new Set(rounds)];
  return `${each.length === 1 ? 'round' : 'rounds'} ${each.join(', ')}`;
};

const imageProblems = (images: readonly ImageSeen[]): Problem[] =>
  images.flatMap(({ variantId, status, reason }) => {
    if (status === 'built') return [];
    const kind = status === 'failed' ? 'BuildFailed' : 'SameImage';
    return [{ kind, where: variantId, what: reason ?? 'no reason given' }];
  });

const placementProblems = (placements: readonly Failure[]): Problem[] => {
  const failed = placements.flatMap(({ round, failure }) =>
    failure && failure.error !== INTERRUPTED ? [{ round, ...failure }] : [],
  );
  const groups = Map.groupBy(
    failed,
    ({ region, armId, error }) => `${armId} in ${region}|${error}`,
  );
  return [...groups].map(([key, some]) => {
    const [where = '', kind = ''] = key.split('|');
    const rounds = roundsText(some.map(({ round }) => round));
    return { kind, where, what: `${some[0]?.reason ?? 'no reason given'} (${rounds})` };
  });
};

/** One line for each reason: what the platform stopped says nothing of a single variant. */
const interruptionProblems = (placements: readonly Failure[]): Problem[] => {
  const stopped = placements.flatMap(({ round, failure }) =>
    failure?.error === INTERRUPTED ? [{ round, ...failure }] : [],
  );
  const groups = Map.groupBy(stopped, ({ reason }) => reason);
  return [...groups].map(([reason, some]) => ({
    kind: INTERRUPTED,
    where: roundsText(some.map(({ round }) => round)),
    what: `${some.length} tasks did not end by themselves: ${reason}. What was measured on them counts for no variant`,
  }));
};

const vantageProblems = (unreachable: readonly Unreachable[]): Problem[] => {
  const groups = Map.groupBy(unreachable, ({ cell }) => `${cell.region} from ${cell.vantage}`);
  return [...groups].map(([where, some]) => ({
    kind: 'VantageUnreachable',
    where,
    what: `${some[0]?.reason ?? 'no answer'} (${roundsText(some.map(({ round }) => round))})`,
  }));
};

const countsText = (bursts: readonly Burst[]): string => {
  const counts = new Map<string, number>();
  for (const { errors } of bursts) {
    for (const [key, count] of Object.entries(errors)) {
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  }
  return [...counts].map(([key, count]) => `${count} × ${key}`).join(', ');
};

/** One line for all vantages that saw the same of a variant in a region. */
const errorProblems = (bursts: readonly Burst[]): Problem[] => {
  const failed = bursts.filter(({ errors }) => Object.keys(errors).length > 0);
  const byCell = Map.groupBy(
    failed,
    ({ armId, cell }) => `${armId}|${cell.region}|${cell.vantage}`,
  );
  const cells = [...byCell].map(([key, some]) => {
    const [armId = '', region = '', vantage = ''] = key.split('|');
    return {
      vantage,
      of: `${armId === '-' ? 'the cell' : armId} in ${region}`,
      what: countsText(some),
    };
  });
  const alike = Map.groupBy(cells, ({ of, what }) => `${of}|${what}`);
  return [...alike.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const vantages = some.map(({ vantage }) => vantage).join(', ');
    const what = some.length === 1 ? first.what : `${first.what}, from each`;
    return [{ kind: 'ProbesFailed', where: `${first.of} from ${vantages}`, what }];
  });
};

const lateProblems = (bursts: readonly Burst[]): Problem[] => {
  const late = bursts.filter(({ valid }) => !valid);
  if (late.length === 0) return [];
  const rounds = roundsText(late.map(({ round }) => round).sort((a, b) => a - b));
  return [
    {
      kind: 'LateSamples',
      where: `${late.length} of ${bursts.length} bursts`,
      what: `the prober fell behind its clock (${rounds}); these cells and rounds count for no variant`,
    },
  ];
};

/** Where the standby is not what the primary is. */
export const driftProblems = (
  drifts: readonly { readonly of: string; readonly where: string; readonly what: string }[],
): Problem[] =>
  drifts.map(({ of, where, what }) => ({ kind: 'StandbyDrift', where: `${of} in ${where}`, what }));

/** Everything that went wrong without ending the drill, worst first. */
export const problemsOf = (seen: {
  images: readonly ImageSeen[];
  placements: readonly Failure[];
  unreachable: readonly Unreachable[];
  bursts: readonly Burst[];
}): Problem[] => [
  ...imageProblems(seen.images),
  ...placementProblems(seen.placements),
  ...interruptionProblems(seen.placements),
  ...vantageProblems(seen.unreachable),
  ...errorProblems(seen.bursts),
  ...lateProblems(seen.bursts),
];

type ImageTold = {
  readonly variantId?: string;
  readonly status: string;
  readonly compressedBytes: number | null;
  readonly content?: { readonly notRead: string | null } | null;
  readonly buildSteps?: readonly unknown[];
};

/** What of the images that were built is not known, variants with the same reason together. */
const untoldOfImages = (images: readonly ImageTold[]): [string, string][] => {
  const built = images.filter(({ status }) => status === 'built');
  const namesOf = (some: readonly ImageTold[]) => some.map(({ variantId }) => variantId).join(', ');
  const unread = built.filter(({ content }) => content?.notRead);
  const layers = [...Map.groupBy(unread, ({ content }) => content?.notRead ?? '')];
  const stepless = built.filter(({ buildSteps }) => buildSteps?.length === 0);
  return [
    ...layers.map(([why, some]): [string, string] => [
      `what is in the layers of ${namesOf(some)}`,
      why,
    ]),
    ...(stepless.length === 0
      ? []
      : [
          [
            `steps of the build of ${namesOf(stepless)}`,
            'its log is not there, or no builder that is known wrote it',
          ] satisfies [string, string],
        ]),
  ];
};

/** What no number is shown for, and why; each once. */
export const notMeasuredOf = (
  bursts: readonly Burst[],
  images: readonly ImageTold[],
  pullTold: boolean,
): { what: string; why: string }[] => {
  const found = new Map<string, string>();
  for (const { notAvailable } of bursts) {
    for (const [what, why] of Object.entries(notAvailable)) found.set(what, why);
  }
  if (
    images.some(({ status, compressedBytes }) => status === 'built' && compressedBytes === null)
  ) {
    found.set(
      'image size and layers',
      'no container image was built: variants ran as plain processes',
    );
  }
  for (const [what, why] of untoldOfImages(images)) found.set(what, why);
  if (!pullTold) {
    found.set('pull time', 'the platform told of no pull: images were on the host already');
  }
  return [...found].map(([what, why]) => ({ what, why }));
};
