/** A full image name taken apart: `docker.io/library/node:24-slim`. */
export type ImageName = {
  readonly registry: string;
  /** Such as `library/node`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
  /** All of it in full. */
  readonly full: string;
};

/** Completes an image name as docker does: registry `docker.io`, namespace `library`, tag `latest`. */
export const parseImageName = (text: string): ImageName => {
  const [named = '', digest] = text.split('@');
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  const registry = hasRegistry ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io';
  const rest = hasRegistry ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const bare = colon < 0 ? rest : rest.slice(0, colon);
  const repository = registry === 'docker.io' && !bare.includes('/') ? `library/${bare}` : bare;
  const tag = colon < 0 ? 'latest' : rest.slice(colon + 1);
  const suffix = digest === undefined ? `:${tag}` : `@${digest}`;
  return { registry, repository, tag, digest, full: `${registry}/${repository}${suffix}` };
};
