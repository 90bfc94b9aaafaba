/** Bases that can change under the same name. */
import { type Image, repositoryOf, stageOf } from '../image.ts';
import { type Found, stageName } from '../model.ts';
import { copySource } from '../resolve.ts';

type Named = { readonly name: string; readonly line: number; readonly stage: string };

/** Images from outside whose files are shipped: under the final stage, or copied into it. */
const shippedImages = (image: Image): Named[] => {
  const first = image.chain[0];
  const under =
    first?.base.kind === 'image'
      ? [{ name: first.base.name, line: first.stage.line, stage: stageName(first.stage) }]
      : [];
  const copied = image.steps
    .filter(({ keyword }) => keyword === 'COPY')
    .flatMap((step) => {
      const source = copySource(step, image.stages);
      return source.kind === 'image'
        ? [{ name: source.name, line: step.line, stage: stageOf(step) }]
        : [];
    });
  // A name without a value, or one that the rest of the build supplies, says nothing of tags.
  return [...under, ...copied].filter(({ name }) => /^[\w.-][\w./:@-]*$/.test(name));
};

const isFloating = (name: string): boolean => {
  const { tag } = repositoryOf(name);
  return !name.includes('@sha256:') && (tag === undefined || tag === 'latest');
};

export const floatingBase = (image: Image): Found[] =>
  shippedImages(image)
    .filter(({ name }) => isFloating(name))
    .map(({ name, ...place }) => ({
      ...place,
      what: `${name} names no version: the next build may stand on another one`,
      remedy: `name a version and its digest, such as ${repositoryOf(name).repository}:1.2@sha256:…`,
    }));

export const taggedBase = (image: Image): Found[] =>
  shippedImages(image)
    .filter(({ name }) => !name.includes('@sha256:') && !isFloating(name))
    .map(({ name, ...place }) => ({
      ...place,
      what: `${name} is a tag, which may be moved: two regions can build on different images`,
      remedy: 'add its digest, @sha256:…, which docker buildx imagetools inspect prints',
    }));
