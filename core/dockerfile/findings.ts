/** Every rule over every variant of a Dockerfile. */
import { nearest } from '../nearest.ts';
import type { VariantSpec } from '../variants/matrix.ts';
import { type Image, imageOf } from './image.ts';
import { type Dockerfile, type Found, type Ignore, type Severity, stageName } from './model.ts';
import { type ResolvedStage, resolveStages, stageCalled } from './resolve.ts';
import { fingerprintOf, unusedStages } from './rules/stages.ts';
import { IMAGE_RULES, isRule, RULES, type RuleId } from './rules.ts';

export type Finding = Found & {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly file: string;
  /** Ids of the variants that it is about, as they are listed; all of them when it is about the file. */
  readonly variants: readonly string[];
};

export type Ignored = Finding & { readonly reason: string };

export type Findings = {
  /** In the order of the file. */
  readonly findings: readonly Finding[];
  /** Those that a comment in the Dockerfile sets aside, with its reason. */
  readonly ignored: readonly Ignored[];
};

type Judged = {
  readonly rule: RuleId;
  readonly found: Found;
  readonly variants: readonly string[];
};

type VariantImage = { readonly id: string; readonly image: Image };

const imagesOf = (dockerfile: Dockerfile, variants: readonly VariantSpec[]): VariantImage[] => {
  const byArgs = new Map<string, ResolvedStage[]>();
  return variants.flatMap(({ id, target, args }) => {
    const key = JSON.stringify(args);
    const stages = byArgs.get(key) ?? resolveStages(dockerfile, args);
    byArgs.set(key, stages);
    const last = stageCalled(stages, target);
    return last ? [{ id, image: imageOf(last, stages) }] : [];
  });
};

const sameImages = (images: readonly VariantImage[]): Judged[] => {
  if (images.length < 2) return [];
  const groups = [...Map.groupBy(images, ({ image }) => fingerprintOf(image)).values()];
  return groups
    .filter((some) => some.length > 1)
    .map((some) => {
      const stage = some[1]?.image.last.stage ?? { name: undefined, index: 0, line: 1 };
      const ids = some.map(({ id }) => id);
      const targets = [...new Set(some.map(({ image }) => `"${image.name}"`))];
      const why =
        targets.length > 1
          ? `stages ${targets.join(' and ')} make the same image`
          : `no build argument that tells them apart is used on the way to ${targets[0]}`;
      const found = {
        line: stage.line,
        stage: stageName(stage),
        what: `variants ${ids.join(' and ')} are one image: ${why}`,
        remedy: 'keep one of them in image.matrix, or use the argument in the stage (ARG)',
      };
      return { rule: 'same-image', found, variants: ids };
    });
};

/** What a comment that ignores says wrong: it must name a rule and give a reason. */
const badIgnores = ({ ignores }: Dockerfile): Judged[] =>
  ignores.flatMap(({ rule, reason, line }) => {
    const place = { line, stage: '' };
    const known = Object.keys(RULES);
    if (!isRule(rule)) {
      const guess = nearest(rule, known);
      const hint = guess ? `write ${guess}` : `the rules are ${known.join(', ')}`;
      const what = rule === '' ? 'names no rule' : `names no known rule: ${rule}`;
      return [{ rule: 'bad-ignore', found: { ...place, what, remedy: hint }, variants: [] }];
    }
    if (reason !== '') return [];
    const found = {
      ...place,
      what: `gives no reason for ignoring ${rule}, and so ignores nothing`,
      remedy: `write why: # failover:ignore ${rule} the reason`,
    };
    return [{ rule: 'bad-ignore', found, variants: [] }];
  });

/** The same finding of several variants is one finding. */
const merged = (judged: readonly Judged[]): Judged[] =>
  [
    ...Map.groupBy(judged, ({ rule, found }) =>
      JSON.stringify([rule, found.line, found.what]),
    ).values(),
  ].flatMap((some) => {
    const first = some[0];
    return first
      ? [{ ...first, variants: [...new Set(some.flatMap(({ variants }) => variants))] }]
      : [];
  });

const ignoreFor = (ignores: readonly Ignore[], { rule, line }: Finding): Ignore | undefined =>
  ignores.find(
    (ignore) =>
      ignore.rule === rule && ignore.reason !== '' && ignore.from <= line && line <= ignore.to,
  );

/** Judges the image of each variant. Variants whose stage does not exist are left out. */
export const findingsOf = (dockerfile: Dockerfile, variants: readonly VariantSpec[]): Findings => {
  const images = imagesOf(dockerfile, variants);
  const ids = images.map(({ id }) => id);
  const judged: Judged[] = [
    ...unusedStages(
      dockerfile,
      images.map(({ image }) => image),
    ).map(
      (found): Judged => ({
        rule: 'unused-stage',
        found,
        variants: ids,
      }),
    ),
    ...sameImages(images),
    ...badIgnores(dockerfile),
    ...images.flatMap(({ id, image }) =>
      IMAGE_RULES.flatMap(({ rule, judge }) =>
        judge(image).map((found): Judged => ({ rule, found, variants: [id] })),
      ),
    ),
  ];
  const all = merged(judged)
    .map(
      ({ rule, found, variants: about }): Finding => ({
        rule,
        severity: RULES[rule].severity,
        file: dockerfile.file,
        ...found,
        variants: about,
      }),
    )
    .sort((a, b) => a.line - b.line || (a.rule < b.rule ? -1 : 1));
  const ignored = all.flatMap((finding) => {
    const ignore = ignoreFor(dockerfile.ignores, finding);
    return ignore ? [{ ...finding, reason: ignore.reason }] : [];
  });
  const findings = all.filter((finding) => !ignoreFor(dockerfile.ignores, finding));
  return { findings, ignored };
};
