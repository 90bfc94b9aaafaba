// Goal: one template gives each role what its own variables say, however often it is read.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadServerless } from '../../../local/stack/variables.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'variables-'));
beforeAll(() => {
  writeFileSync(
    path.join(folder, 'serverless.yml'),
    `service: \${param:service}
custom: { same: [1, { text: plain }], late: '\${self:custom.same}' }
resources: '\${file(\${param:role}.yml)}'
`,
  );
  for (const role of ['one', 'two']) {
    writeFileSync(
      path.join(folder, `${role}.yml`),
      `Resources: { Name: ${role}, Region: '\${opt:region}', Arn: !Sub '\${AWS::Region}' }\n`,
    );
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const loaded = (role: string, region: string) =>
  loadServerless(folder, { role, service: `shop-${role}` }, { region });

it('variables are those of each role and region, and the rest is the same', () => {
  for (const region of ['eu-west-1', 'eu-north-1', 'eu-west-1']) {
    for (const role of ['one', 'two']) {
      expect(loaded(role, region)).toEqual({
        service: `shop-${role}`,
        custom: { same: [1, { text: 'plain' }], late: [1, { text: 'plain' }] },
        resources: {
          Resources: { Name: role, Region: region, Arn: { 'Fn::Sub': `\${AWS::Region}` } },
        },
      });
    }
  }
});
