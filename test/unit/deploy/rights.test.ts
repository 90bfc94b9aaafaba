// Goal: the page for whoever deploys names every right that is asked for, and every type has its rights.
// Method: compare the page and the templates with the table that the command asks by.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ACTIONS_BY_TYPE, ADOPTED_BY_TYPE } from '../../../core/deploy/handlerActions.ts';
import { OPERATORS, type OperatorNeed, statementsFor } from '../../../core/deploy/operators.ts';
import { needsOf } from '../../../core/deploy/permissions.ts';
import { PROJECT_FOLDER } from '../../../local/stack/bundles.ts';
import { readStack } from '../../../local/stack/stackModel.ts';
import { ROLES } from '../../package/templates.ts';

const stacks = ROLES.map((role) => ({
  ...readStack({
    folder: PROJECT_FOLDER,
    role,
    region: 'eu-central-1',
    accountId: '111122223333',
    params: { service: 'shop' },
  }),
  name: `failover-drill-shop-${role}`,
}));

it('every type of the templates has its rights', () => {
  const types = new Set(
    stacks.flatMap(({ resources }) => Object.values(resources)).map(({ type }) => type),
  );
  expect([...types].filter((type) => ACTIONS_BY_TYPE[type] === undefined)).toEqual([]);
});

it('docs/aws.md names every right that is asked for', () => {
  const page = readFileSync(path.join(PROJECT_FOLDER, 'docs/aws.md'), 'utf8');
  const needs = needsOf({
    accountId: '111122223333',
    stacks,
    adopted: stacks.map(({ resources }) => Object.keys(resources)),
    zoneId: 'Z1',
    switchKeys: [{ region: 'eu-central-1', name: '/failover/shop/switch-key' }],
    removed: {
      buckets: ['archives'],
      parameters: [{ region: 'eu-west-3', name: '/failover/shop/switch-key' }],
    },
  });
  const asked = [
    ...needs.flatMap(({ actions }) => actions),
    ...Object.values(ACTIONS_BY_TYPE).flat(),
    ...Object.values(ADOPTED_BY_TYPE).flat(),
  ];
  expect(asked.length).toBeGreaterThan(60);
  // A record that a former deployment made is told by its health check.
  expect(asked).toContain('route53:GetHealthCheck');
  expect([...new Set(asked)].filter((action) => !page.includes(`\`${action}\``))).toEqual([]);
});

it('docs/aws.md lists what each command on AWS needs, and nothing else', () => {
  const page = readFileSync(path.join(PROJECT_FOLDER, 'docs/aws.md'), 'utf8');
  const [, section = ''] = page.split('## Who may operate\n');
  const table = section.split('\n## ')[0] ?? '';
  const rows = Object.entries<readonly OperatorNeed[]>(OPERATORS).map(([command, needs]) => {
    const words = needs.map(
      ({ actions, on }) => `${actions.map((action) => `\`${action}\``).join(', ')} on the ${on}`,
    );
    return `| \`${command}\` | ${words.join('; ')} |`;
  });
  expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(rows);
});

it('whoever operates is allowed nothing but named things in the home region', () => {
  const at = { service: 'shop', accountId: '111122223333', region: 'eu-central-1' };
  const statements = statementsFor('report', at);
  expect(statements).toContainEqual({
    ...{ Effect: 'Allow', Action: ['s3:GetObject'] },
    Resource: 'arn:aws:s3:::failover-shop-watch-111122223333-eu-central-1/*',
  });
});
