/** Who the program runs as. */
import { type Image, repositoryOf, stageOf } from '../image.ts';
import { runCommands } from '../instructions.ts';
import { type Found, stageName } from '../model.ts';
import { leftInstalled } from '../packages.ts';
import { substitute } from '../words.ts';

/** Official images that set a user other than root, or whose own entry point gives root up. */
const NOT_ROOT = new Set([
  ...['memcached', 'haproxy', 'varnish', 'kong', 'elasticsearch', 'logstash', 'kibana', 'solr'],
  ...['sonarqube', 'postgres', 'mysql', 'mariadb', 'mongo', 'redis', 'valkey', 'rabbitmq'],
  ...['neo4j', 'cassandra', 'zookeeper', 'couchdb', 'ghost'],
]);

/** Images of which it is known that they run as root unless the Dockerfile says otherwise. */
const runsAsRoot = (name: string): boolean => {
  const { repository, tag = '' } = repositoryOf(name);
  if (/nonroot|rootless|unprivileged|chiseled|distroless-extra/.test(`${repository}:${tag}`))
    return false;
  if (repository.startsWith('gcr.io/distroless/')) return true;
  if (repository.startsWith('mcr.microsoft.com/dotnet/')) return true;
  // Official images have no slash. Of other images nothing is known.
  return repository !== '' && !repository.includes('/') && !NOT_ROOT.has(repository);
};

const DROPS = /(?:^|\/|")(?:gosu|su-exec|setpriv|chpst|runuser|s6-setuidgid|tini-su)(?:"|\s|$)/;

/** Whether the entry point gives root up by itself. */
const dropsRoot = ({ steps }: Image): boolean =>
  steps.some(
    (step) =>
      (step.keyword === 'ENTRYPOINT' && DROPS.test(step.args)) ||
      (step.keyword === 'RUN' &&
        leftInstalled(runCommands(step)).some((name) => /^(?:gosu|su-exec)$/.test(name))),
  );

/** Windows knows its accounts by name only. */
const isWindows = ({ base }: Image): boolean =>
  base.kind === 'image' && /windows|nanoserver/.test(base.name);

const lastUser = (image: Image) => image.steps.findLast(({ keyword }) => keyword === 'USER');

const REMEDY =
  'create a user and end the stage with USER 10001 (a number, so that the platform can check it)';

export const rootUser = (image: Image): Found[] => {
  if (dropsRoot(image)) return [];
  const step = lastUser(image);
  if (!step) {
    const root =
      image.base.kind === 'scratch' || (image.base.kind === 'image' && runsAsRoot(image.base.name));
    if (!root) return [];
    const stage = image.last.stage;
    const what = `"${image.name}" runs as root: no USER is set on the way to it`;
    return [{ line: stage.line, stage: stageName(stage), what, remedy: REMEDY }];
  }
  const user = substitute(step.args.trim(), step.variables).split(':')[0];
  if (user !== 'root' && user !== '0') return [];
  return [
    { line: step.line, stage: stageOf(step), what: `"${image.name}" runs as root`, remedy: REMEDY },
  ];
};

export const namedUser = (image: Image): Found[] => {
  const step = lastUser(image);
  const user = step && substitute(step.args.trim(), step.variables).split(':')[0];
  if (
    !step ||
    !user ||
    isWindows(image) ||
    user === 'root' ||
    /^\d+$/.test(user) ||
    user.startsWith('$')
  )
    return [];
  return [
    {
      line: step.line,
      stage: stageOf(step),
      what: `USER ${user} is a name: a platform that refuses root cannot tell without starting it`,
      remedy: 'name the user by number, such as USER 10001',
    },
  ];
};
