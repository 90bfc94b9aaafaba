/** `docs/permissions.md`: who may do what on AWS, and why, as the templates and their comments say. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isCollection, isMap, isScalar, parseDocument, visit } from 'yaml';
import { type Grant, grantsOf } from '../core/lint/grants.ts';
import type { Stack } from '../core/lint/model.ts';
import { allowanceFor } from '../core/lint/wildcards.ts';
import { PROJECT_FOLDER } from '../local/stack/bundles.ts';
import { readStack } from '../local/stack/stackModel.ts';
import { openYaml } from '../local/stack/variables.ts';

/** Roles of a stack in the order in which a service gets them, and what each is for. */
const STACKS: Readonly<Record<string, string>> = {
  control: 'in the standby: the nightly drill',
  serving: 'in primary and standby: where variants are placed',
  service: 'in primary and standby: the service itself',
  observer: 'where probes start',
  switch: 'in three regions: objects of the quorum switch',
  heartbeat: 'in primary and standby: signs of life',
  lease:
    'in the standby, with copies in two other regions, where there are two controllers: their lease',
  failover:
    'in the standby, and in the witness where there are two controllers: judging and moving',
  watcher: 'where the live service is observed from',
  rehearsal: 'in the standby: rehearsing a failover',
  promotion: 'in the standby: bringing another image out',
};

const REGION = 'eu-central-1';
const ACCOUNT = '000000000000';

/** Comments of a template by the place they stand at: before a statement, or at the end of one of its lines. */
const commentsOf = (role: string): ((way: readonly (string | number)[]) => string) => {
  const text = readFileSync(path.join(PROJECT_FOLDER, `resources/${role}.yml`), 'utf8');
  const document = parseDocument(text, { logLevel: 'silent', merge: true });
  return (way) => {
    const statement = document.getIn(way, true);
    if (!isMap(statement)) return '';
    const found: string[] = [];
    const add = (comment: string | null | undefined): void => {
      if (comment) found.push(...comment.split('\n').map((line) => line.trim()));
    };
    add(statement.commentBefore);
    // The first item of a list has its comment on the list.
    const list = document.getIn(way.slice(0, -1), true);
    if (way.at(-1) === 0 && isCollection(list)) add(list.commentBefore);
    visit(statement, (_key, node) => {
      if (isScalar(node)) {
        add(node.commentBefore);
        add(node.comment);
      }
    });
    return found.join(' ');
  };
};

const shown = (text: string): string =>
  text.replaceAll(ACCOUNT, 'ACCOUNT').replaceAll(REGION, 'REGION').replaceAll('|', '\\|');

/** Who takes the role, by the resource that names it. */
const holderOf = (stack: Stack, role: string): string => {
  const arn = stack.resources[role]?.properties['Arn'];
  const names = (value: unknown): boolean => JSON.stringify(value ?? null).includes(String(arn));
  const holders = Object.entries(stack.resources).flatMap(([id, { type, properties }]) => {
    if (id === role || type === 'AWS::IAM::Role') return [];
    if (type === 'AWS::Lambda::Function' && properties['Role'] === arn) {
      return [`function \`${String(properties['Folder'])}\``];
    }
    if (type === 'AWS::StepFunctions::StateMachine' && properties['RoleArn'] === arn) {
      return [`machine \`${String(properties['StateMachineName'])}\``];
    }
    if (type === 'AWS::CodeBuild::Project' && properties['ServiceRole'] === arn)
      return ['CodeBuild'];
    return type === 'AWS::Scheduler::Schedule' && names(properties)
      ? [`schedule \`${String(properties['Name'])}\``]
      : [];
  });
  return holders.length === 0 ? 'tasks of ECS, to start' : holders.join(', ');
};

/** What statements without a comment are for. A row that none of these explains fails a test. */
const WHYS: readonly [action: RegExp, resource: RegExp, why: string][] = [
  [
    /^dynamodb:/,
    /table\/failover-drill-shop-watch$/,
    'plan, state, votes and evidence of the watch',
  ],
  [
    /^dynamodb:/,
    /table\/failover-drill-shop$/,
    'plan, placements and latency records of the drill',
  ],
  [
    /^dynamodb:/,
    /table\/products$/,
    'writes and reads an item of its own, to measure the database',
  ],
  [/^events:PutEvents$/, /./, 'tells what happened to whoever listens'],
  [/^s3:/, /\/config\/\*$/, 'the configuration of the service'],
  [/^s3:/, /\/source\/\*$/, 'the sources to build'],
  [/^s3:/, /\/reports\/\*$/, 'the report of the drill'],
  [/^s3:/, /\/evidence\/\*$/, 'the record of a failover'],
  [/^s3:/, /-switch-/, 'reads and writes the switch'],
  [/^logs:/, /\/aws\/lambda\//, 'its own log'],
  [/^logs:/, /log-group:\/failover-drill\//, 'what tasks of the service say'],
  [/^logs:GetLogEvents$/, /./, 'how long each step of a build took'],
  [/^logs:/, /\/aws\/codebuild\//, 'the log of the build'],
  [/^ecr:/, /./, 'brings images to the registry, or reads what is in them'],
  [/^codebuild:/, /./, 'builds variants, and hears how that went'],
  [/^lambda:InvokeFunction$/, /./, 'starts what comes next'],
  [/^states:/, /./, 'starts a machine, and hears how that went'],
  [/^events:/, /./, 'Step Functions follows tasks by this rule'],
  [/^ecs:(?:RunTask|RegisterTaskDefinition)$/, /./, 'places variants'],
  [/^ecs:/, /./, 'what runs there'],
  [/^iam:PassRole$/, /./, 'tasks start with this role, and with no other'],
  [/^route53:/, /./, 'reads the record sets that it compares or edits'],
  [/^sqs:SendMessage$/, /./, 'puts away what failed on every try'],
  [/^xray:/, /./, 'traces'],
  [/^ssm:/, /./, 'a secret: a webhook, or a key to sign with'],
];

const usualWhy = ([first]: readonly Grant[]): string =>
  WHYS.find(
    ([action, resource]) =>
      action.test(first?.action ?? '') && resource.test(first?.resource ?? ''),
  )?.[2] ?? '';

const whyOf = (grants: readonly Grant[], comment: string): string => {
  const allowed = grants.map(allowanceFor).find((one) => one !== undefined)?.why;
  const star = grants.some(({ resource }) => resource.includes('*')) ? allowed : undefined;
  const known = /knows no (?:narrower )?resource|no resource narrower/.test(comment);
  const why = comment || usualWhy(grants);
  return [why, star && !known ? `(\`*\`: ${star})` : ''].filter(Boolean).join(' ');
};

const conditionText = ({ condition }: Grant): string =>
  Object.entries(condition)
    .flatMap(([operator, keys]) =>
      Object.entries(Object(keys)).map(
        ([key, values]) => `; if ${operator} ${key}: ${[...new Set([values].flat())].join(', ')}`,
      ),
    )
    .join('');

const rowOf = (grants: readonly Grant[], comment: string): string => {
  const [first] = grants;
  const actions = [...new Set(grants.map(({ action }) => `\`${action}\``))].join(', ');
  const resources = [...new Set(grants.map(({ resource }) => `\`${shown(resource)}\``))].join(', ');
  const condition = first ? shown(conditionText(first)) : '';
  return `| ${actions} | ${resources}${condition} | ${shown(whyOf(grants, comment))} |`;
};

const roleLines = (stack: Stack, role: string, grants: readonly Grant[]): string[] => {
  const comments = commentsOf(stack.role);
  const statements = Map.groupBy(grants, ({ place }) => JSON.stringify(place.path));
  return [
    `### ${role}`,
    '',
    `Of ${holderOf(stack, role)}.`,
    '',
    '| may | on | why |',
    '|---|---|---|',
    ...[...statements].map(([way, own]) => rowOf(own, comments(JSON.parse(way)))),
    '',
  ];
};

const HEAD = `# Permissions

Who may do what on AWS, and why. This page is made from \`resources/\` by \`npm run docs\`, for a service \`shop\`; a test keeps it
so. Comments beside a statement are its why; where a resource holds \`*\`, the reason is that of \`core/lint/wildcards.ts\`.

That nothing is missing and nothing too much is shown by running: the embedded cloud notes what each role asks for, and
\`test/iam/\` has an evaluator of IAM that is not ours judge it. \`--enforce-iam\` has \`drill\`, \`up\` and \`watch\` answer
AccessDenied as AWS would.
`;

/** The whole document. */
export const permissionsText = (): string => {
  const read = openYaml();
  const lines = Object.entries(STACKS).flatMap(([role, what]) => {
    const stack = readStack({
      ...{ folder: PROJECT_FOLDER, role, region: REGION, accountId: ACCOUNT, read },
      params: { service: 'shop', record: 'shop.example.com', zoneId: 'ZONE' },
    });
    const byRole = Map.groupBy(grantsOf(stack), (grant) => grant.role);
    if (byRole.size === 0) return [`## ${role}`, '', `${what}. It has no role.`, ''];
    return [
      `## ${role}`,
      '',
      `${what}.`,
      '',
      ...[...byRole].flatMap(([name, grants]) => roleLines(stack, name, grants)),
    ];
  });
  return `${HEAD}\n${lines.join('\n').trimEnd()}\n`;
};
