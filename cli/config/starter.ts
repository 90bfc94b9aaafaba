/** The first failover.yml of a service: commented, and right as it stands. */
import { stringify } from 'yaml';
import { SERVICE_NAME_MAX } from '../../events/serviceName.ts';
import type { Stage } from '../../local/containers/dockerfile.ts';

export type StarterAnswers = {
  readonly service: string;
  readonly record: string | undefined;
  readonly primary: string;
  readonly standby: string;
  readonly witness: string | undefined;
  readonly image: { readonly targets: readonly string[]; readonly reference: string } | undefined;
  readonly port: number;
  readonly health: string;
  readonly path: string;
  /** Where an editor finds the schema. */
  readonly schema: string;
};

const nameOf = ({ name, index }: Stage): string => name ?? String(index);

const copiesFrom = ({ steps }: Stage): string[] =>
  steps.flatMap(({ flags }) => (flags['from'] === undefined ? [] : [flags['from'].toLowerCase()]));

/** Stages that no other stage builds on: the images that somebody may want to run. The last one is the default. */
export const imageStages = (stages: readonly Stage[]): string[] => {
  const used = new Set(stages.flatMap((stage) => [stage.from.toLowerCase(), ...copiesFrom(stage)]));
  return stages
    .filter((stage) => !used.has(nameOf(stage)) && !used.has(String(stage.index)))
    .map(nameOf);
};

/** The port that the stage, or one that it is built on, exposes first. */
export const exposedPort = (stages: readonly Stage[], name: string): number | undefined => {
  const stage = stages.find((one) => nameOf(one) === name);
  if (!stage) return undefined;
  const exposed = stage.steps.filter(({ keyword }) => keyword === 'EXPOSE').map(({ args }) => args);
  const port = exposed.map((args) => /^\d{1,5}/.exec(args.trim())?.[0]).find(Boolean);
  return port === undefined ? exposedPort(stages, stage.from) : Number(port);
};

/** A service name from the name of a folder. */
export const serviceNameOf = (folder: string): string => {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, SERVICE_NAME_MAX)
    .replace(/-$/, '');
  return name === '' ? 'service' : name;
};

/** A value as YAML writes it, so that no answer can change the meaning of the file. */
const yaml = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trim();

const imageLines = ({ image }: StarterAnswers): string[] =>
  image
    ? [
        'image:',
        '  context: . # relative to this file',
        '  dockerfile: Dockerfile',
        '  matrix: # every combination is a variant',
        `    target: ${yaml(image.targets)}`,
        '    # args: { BASE: ["node:24-slim", "node:24-alpine"] }',
        `  reference: ${yaml(image.reference)} # what runs today; measured twice, as A/A control`,
      ]
    : [
        '# There was no Dockerfile. A drill needs one with a stage for each variant:',
        '# image:',
        '#   context: .',
        '#   dockerfile: Dockerfile',
        '#   matrix: { target: [slim, distroless] }',
        '#   reference: slim',
      ];

const recordLines = ({ record }: StarterAnswers): string[] =>
  record === undefined
    ? ['# record: shop.example.com # the name that fails over; needed for probes of kind dns']
    : [`record: ${yaml(record)} # the name that fails over`];

/** What `failover watch` reads, as it is without these lines. */
const watchLines = [
  '# health: # how `failover watch` probes both regions',
  '#   interval: 10s',
  '#   timeout: 2s',
  '#   down: 30s # unhealthy without a break',
  '#   up: 2m # well for this long, after it was down',
  '#   quorum: 60% of 3 # share of the eligible observers, and how many must be',
  '# failover:',
  '#   mode: approve # auto | approve | manual',
  '#   failback: manual # auto | manual',
  '#   rpo: 60s # most data that may be lost',
  '#   cooldown: 30m # between two flips',
  '#   perDay: 2 # automatic flips; a number, or unlimited',
  '#   controllers: auto # two, where standby, witness and a third region share a table; one for no more',
];

export const starterConfig = (answers: StarterAnswers): string => {
  const { service, primary, standby, witness, port, health, path, schema } = answers;
  return `${[
    `# yaml-language-server: $schema=${schema}`,
    '# Check it with:  failover check',
    `service: ${yaml(service)}`,
    ...recordLines(answers),
    '',
    'regions:',
    `  primary: ${yaml(primary)}`,
    `  standby: ${yaml(standby)}`,
    witness === undefined
      ? '  # witness: eu-north-1 # never serves; breaks ties'
      : `  witness: ${yaml(witness)} # never serves; breaks ties, and is the third vantage`,
    '',
    ...imageLines(answers),
    '',
    'run:',
    `  port: ${port}`,
    `  health: ${yaml(health)} # answers 200 once the service is ready`,
    '  cpu: 256 # 1024 is one core',
    '  memory: 512 # MiB',
    '  # env: { LOG_LEVEL: warn }',
    '',
    'probes:',
    `  - { kind: http, path: ${yaml(path)}, expect: 200 } # what variants are ranked by`,
    '  - { kind: tcp }',
    ...(answers.record === undefined ? [] : ['  - { kind: dns }']),
    '  # - { kind: database, table: products }',
    '',
    'drill:',
    '  schedule: cron(0 2 * * ? *) # every night, when `failover up` runs',
    '  timezone: UTC',
    '  profile: quick # quick | nightly',
    '',
    ...watchLines,
    '',
    '# notify:',
    `#   slack: ssm:/failover/${service}/slack-webhook # the parameter that holds the webhook`,
  ].join('\n')}\n`;
};
