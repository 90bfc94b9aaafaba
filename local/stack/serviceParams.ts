/** What the template of role `service` is told: the version that it runs, its size, and its variables. */
import type { Config } from '../../events/config.ts';
import { openYaml, type Params, type ReadYaml } from './variables.ts';

/** Beside serverless.yml. */
export const ENVIRONMENT_FILE = 'resources/service.environment.yml';

/** What the template says of its own, whatever the configuration does. */
const variable = (name: string): string => `\${self:custom.${name}}`;
const OWN = { PORT: variable('port'), IMAGE_DIGEST: variable('imageDigest') };

/** The list of variables that stands in the place of the template's own. */
export const environmentOf = ({ run }: Pick<Config, 'run'>): { Name: string; Value: string }[] =>
  Object.entries({ ...run.env, ...OWN }).map(([Name, Value]) => ({ Name, Value }));

/** Reads templates as they are, but for the variables of the container. */
export const readWithEnvironment = (config: Pick<Config, 'run'>): ReadYaml => {
  const read = openYaml();
  return (file) => (file.endsWith(ENVIRONMENT_FILE) ? environmentOf(config) : read(file));
};

/** Of an image by digest, in the repository at `uri`. */
export const versionParams = (
  { run }: Pick<Config, 'run'>,
  { uri, digest }: { readonly uri: string; readonly digest: string },
): Params => ({
  image: `${uri}@${digest}`,
  imageDigest: digest,
  cpu: String(run.cpu),
  memory: String(run.memory),
  port: String(run.port),
  healthPath: run.health,
});
