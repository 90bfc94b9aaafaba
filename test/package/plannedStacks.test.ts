// Goal: what `failover deploy` says it will create is what osls compiles.
// Method: count the resources of each role as the command plans them, and in the compiled template.
import { beforeAll, expect, it } from 'vitest';
import { planStacks } from '../../core/deploy/stacks.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { PROJECT_FOLDER } from '../../scripts/package.ts';
import { ROLES, type Role, type Template, templates } from './templates.ts';

const COMPILE_MS = 300_000;
let all: Record<Role, Template>;
beforeAll(async () => {
  all = await templates();
}, COMPILE_MS);

it.each(ROLES)('the plan of role %s counts what is compiled', (role) => {
  const region = 'eu-central-1';
  const [planned] = planStacks('shop', [{ role, region }], (place) =>
    Object.values(
      readStack({
        folder: PROJECT_FOLDER,
        ...place,
        accountId: '000000000000',
        params: { service: 'shop' },
      }).resources,
    ).map(({ type }) => type),
  );
  const compiled: Record<string, number> = {};
  for (const { Type, Condition } of Object.values(all[role].Resources)) {
    // Without an address to write to, a certificate or a role, no condition of a template holds.
    if (Condition === undefined) compiled[Type] = (compiled[Type] ?? 0) + 1;
  }
  const counts = Object.fromEntries(
    (planned?.resources ?? []).map(({ type, count }) => [type, count]),
  );
  expect(counts).toEqual(compiled);
});
