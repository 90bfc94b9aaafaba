// Goal: every call that a whole machine makes would be allowed on AWS, and nothing is granted that none makes.
// Method: what the whole-machine tests of this run noted, judged by iam-simulate under the roles' policies.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decide, readStatement } from '../../core/iam/policy.ts';
import { grantsOf } from '../../core/lint/grants.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { readStack } from '../../local/stack/stackModel.ts';
import { ROLES } from '../package/templates.ts';
import { USES, type Use } from '../support/grantUse.ts';
import { simulate } from '../support/simulateIam.ts';

/** Granted, and used on AWS by the platform itself, or where no test can go. Each must still be granted. */
const UNSEEN: readonly { role: RegExp; action: RegExp; why: string }[] = [
  {
    role: /(?<!Build)Role$/,
    action: /^logs:(?:CreateLogStream|PutLogEvents)$/,
    why: 'Lambda writes the log with the role of the function; the embedded cloud writes a file',
  },
  {
    role: /Role$/,
    action: /^xray:/,
    why: 'Lambda and Step Functions send traces with the role of what is traced; there is no X-Ray here',
  },
  {
    role: /^(?:Drill|Failover|Failback|Rehearsal|Promotion)Role$/,
    action: /^logs:(?:.*LogDeliver|PutResourcePolicy|Describe)/,
    why: 'Step Functions hands the log of a machine over with its role; the embedded one keeps histories',
  },
  {
    role: /Role$/,
    action: /^sqs:SendMessage$/,
    why: 'Lambda and Scheduler put away what failed on every try; there is no SQS here',
  },
  {
    role: /^(?:Task)?ExecutionRole$/,
    action: /^ecr:/,
    why: 'ECS pulls with it; the embedded one takes the layers from its own registry',
  },
  {
    role: /^BuildRole$/,
    action: /^(?:ecr:(?!GetAuth|PutImage)|s3:GetObjectVersion)/,
    why: 'docker pushes layers over the registry protocol, and CodeBuild reads versions of sources',
  },
  {
    role: /^DrillRole$/,
    action: /^(?:events:|states:StopExecution|codebuild:StopBuild)/,
    why: 'Step Functions follows .sync tasks by rules of its own, and stops them with an execution',
  },
  {
    role: /^ProbeRole$/,
    action: /^states:SendTaskFailure$/,
    why: 'a probe that fails as a whole: the embedded network has no such fault in a whole drill',
  },
];

/**
 * Grants that whole runs have shown in use, all held to their roles: drills with a rehearsal, watches with a
 * failover and the way home under both drivers, promotions, approvals. And those of rare ways that the code has
 * and no whole run takes, each with the way: `test/contract/rareGrants.test.ts` makes each of those calls under its role,
 * and without that one grant. A grant on neither list that no test uses fails.
 */
const LISTED = z
  .strictObject({ shown: z.array(z.string()), rare: z.record(z.string(), z.string().min(20)) })
  .parse(JSON.parse(readFileSync(path.join(import.meta.dirname, 'grants.json'), 'utf8')));
const RARE = Object.keys(LISTED.rare);

const stackOf = (role: string) =>
  readStack({
    ...{ folder: PROJECT_FOLDER, role, region: 'eu-central-1' },
    ...{ accountId: '000000000000', params: { service: 'shop' } },
  });

const usedIn = ({ roles, calls }: Use): string[] =>
  calls.flatMap(({ role, ...request }) => {
    const own = (roles[role] ?? []).map(readStatement);
    return decide(own, request) === 'allowed' ? [`${logicalName(role)} ${request.action}`] : [];
  });

const uses = (): Use[] =>
  globSync('*.json', { cwd: USES }).map((file) =>
    JSON.parse(readFileSync(path.join(USES, file), 'utf8')),
  );

/** `FlipRole` of `.../failover-drill-shop-failover-FlipRole-EUCENTRAL1`. */
const logicalName = (arn: string): string => arn.split('-').at(-2) ?? '';

let all: Use[];
beforeAll(() => {
  all = uses();
});

describe('the roles of whole machines', () => {
  it('were noted at work', ({ skip }) => {
    skip(all.length === 0, 'no whole-machine test has run before: npm test runs them first');
    expect(all.flatMap(({ calls }) => calls).length).toBeGreaterThan(100);
  });

  it('ask for nothing that AWS would deny', async ({ skip }) => {
    skip(all.length === 0, 'nothing was noted');
    const denied: string[] = [];
    for (const { name, roles, calls } of all) {
      for (const { role, ...request } of calls) {
        const said = await simulate(roles[role] ?? [], request);
        if (said === 'Allowed') continue;
        denied.push(`${name}: ${logicalName(role)} ${request.action} ${request.resource}: ${said}`);
      }
    }
    expect(denied).toEqual([]);
  });

  it('are granted nothing that none of them uses, but for what is named', () => {
    const granted = new Set(
      ROLES.flatMap((role) => grantsOf(stackOf(role))).map(
        ({ role, action }) => `${role} ${action}`,
      ),
    );
    const used = new Set([...LISTED.shown, ...all.flatMap(usedIn)]);
    const platform = (line: string): boolean => {
      const [role = '', action = ''] = line.split(' ');
      return UNSEEN.some((one) => one.role.test(role) && one.action.test(action));
    };
    const lines = [...granted];
    expect(
      lines.filter((line) => !used.has(line) && !platform(line) && !RARE.includes(line)),
    ).toEqual([]);
    // Lists may only shrink: nothing on them that is not granted any more, and nothing twice.
    expect([...LISTED.shown, ...RARE].filter((line) => !granted.has(line))).toEqual([]);
    expect(RARE.filter((line) => LISTED.shown.includes(line))).toEqual([]);
    const idle = UNSEEN.filter(
      ({ role, action }) =>
        !lines.some((line) => {
          const [own = '', done = ''] = line.split(' ');
          return role.test(own) && action.test(done) && !used.has(line);
        }),
    );
    expect(idle.map(({ why }) => why)).toEqual([]);
  });
});
