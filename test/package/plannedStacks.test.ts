// Goal: what `failover deploy` says it will create is what osls compiles, and what it takes over stays as it is.
// Method: compare the resources of each role as the command plans and imports them with the compiled template.
import { beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { adoptionOf } from '../../core/deploy/adoption.ts';
import { retainedIn } from '../../core/deploy/retained.ts';
import { planStacks } from '../../core/deploy/stacks.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { PROJECT_FOLDER } from '../../scripts/package.ts';
import { ROLES, type Role, type Template, templates } from './templates.ts';

const COMPILE_MS = 900_000;
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

it.each(['control', 'failover', 'switch'] as const)(
  'what a stack of role %s takes over is described as it will be, so that the rest of the stack changes nothing of it',
  (role) => {
    const accountId = '111122223333';
    const region = 'eu-central-1';
    const params = { service: 'shop' };
    const stack = readStack({ folder: PROJECT_FOLDER, role, region, accountId, params });
    const { templateBody, resources } = adoptionOf(stack, retainedIn(stack));
    const imported = Object.entries(
      z.record(z.string(), z.unknown()).parse(JSON.parse(templateBody).Resources),
    );
    expect(resources.map(({ id }) => id)).toEqual(imported.map(([id]) => id));
    expect(imported.length).toBeGreaterThan(0);
    for (const [id, resource] of imported) {
      const { DependsOn: _, ...compiled } = all[role].Resources[id] ?? { Type: '' };
      const filledIn = JSON.stringify(compiled).replaceAll(
        /\{"Fn::Sub":"([^"]+)"\}/g,
        (_whole, text: string) =>
          JSON.stringify(
            text.replace(/\$\{AWS::AccountId\}/, accountId).replace(/\$\{AWS::Region\}/, region),
          ),
      );
      expect(resource).toEqual(JSON.parse(filledIn));
    }
  },
);
