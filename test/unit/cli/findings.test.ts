// Goal: what `failover check` says of a Dockerfile reaches people, scripts, code hosts and CI alike.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type CheckOptions, check } from '../../../cli/commands/check.ts';
import { EXIT } from '../../../cli/failure.ts';
import type { Output } from '../../../cli/output/output.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { RULES } from '../../../core/dockerfile/rules.ts';

const DOCKERFILE = `FROM node:24-slim AS build
ARG MODE
RUN chmod 777 "/a<b>&c"
# failover:ignore named-user the platform maps names
USER node
FROM build
ENV API_TOKEN=written-out
HEALTHCHECK NONE
`;

const config = (extra = ''): string => `service: shop
regions: { primary: eu-west-1, standby: eu-central-1, witness: us-east-1 }
residency: { logs: [EU] }
image: { matrix: { target: ['1'] }, reference: '1' }
${extra}`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'failover-findings-'));
  writeFileSync(path.join(folder, 'Dockerfile'), DOCKERFILE);
  writeFileSync(path.join(folder, 'failover.yml'), config());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (options: Omit<CheckOptions, 'config'> = {}) => {
  let result: unknown;
  let lines: readonly string[] = [];
  const output: Output = {
    json: false,
    style: plainStyle,
    result: (value, text) => {
      result = value;
      lines = text(plainStyle);
    },
    note: () => {},
    failure: () => {},
  };
  const code = check({ config: path.join(folder, 'failover.yml'), ...options }, output);
  return { code, result, text: lines.join('\n') };
};

const writtenTo = (name: string, option: 'sarif' | 'junit', more: object = {}): string => {
  const file = path.join(folder, name);
  run({ [option]: file, ...more });
  return readFileSync(file, 'utf8');
};

describe('failover check', () => {
  it('prints each finding with its line, rule, reason and remedy, after the plan', () => {
    const { text, code } = run();
    const file = path.join(folder, 'Dockerfile');
    expect(code).toBe(EXIT.ok);
    expect(text).toContain('findings   1 high, 1 medium, 1 low (1 ignored by comments)');
    expect(text).toContain(
      `  ${file}:3: medium open-files, stage build\n      mode 777 lets every user`,
    );
    expect(text).toContain('      → give the files to the user of the image');
    expect(text.indexOf('findings   ')).toBeGreaterThan(text.indexOf('plan       '));
    expect(text).not.toContain('written-out');
  });

  it.each([
    ['high', 3, 1],
    ['medium', 3, 2],
    ['low', 3, 3],
    ['none', 0, 0],
  ] as const)('with --fail-on %s ends with %i', (failOn, code, failed) => {
    const seen = run({ failOn });
    expect(seen.code).toBe(code);
    expect(seen.result).toMatchObject({ failOn, failed });
  });

  it('takes the limit from the gate of the configuration, unless told otherwise', () => {
    const file = path.join(folder, 'failover.yml');
    writeFileSync(file, config('drill: { gates: { findings: medium } }'));
    expect(run().code).toBe(EXIT.marked);
    expect(run({ failOn: 'none' }).code).toBe(EXIT.ok);
  });

  it('judges the pair of regions, and says who logs outside the residency rule', () => {
    const { result, text } = run();
    expect(result).toMatchObject({ pair: { distanceKm: 1088, rttMs: 27, band: 'far' } });
    expect(text).toContain('pair       1088 km: ');
    expect(text).toContain('note       us-east-1 is outside residency.logs [EU]: only latencies');
  });

  it('names the file that it cannot write', () => {
    const inTheWay = path.join(folder, 'file');
    writeFileSync(inTheWay, '');
    const file = path.join(inTheWay, 'findings.sarif');
    expect(() => run({ sarif: file })).toThrow(`--sarif ${file}: cannot write it`);
  });
});

/** The parts of the schema of SARIF 2.1.0 that are used; its objects take no other properties either. */
const Message = z.strictObject({ text: z.string().min(1) });
const Level = z.enum(['none', 'note', 'warning', 'error']);
const SarifResult = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0),
  level: Level,
  message: Message,
  locations: z.array(
    z.strictObject({
      physicalLocation: z.strictObject({
        artifactLocation: z.strictObject({ uri: z.url() }),
        region: z.strictObject({ startLine: z.int().min(1) }),
      }),
      logicalLocations: z.array(z.strictObject({ name: z.string() })).optional(),
    }),
  ),
  suppressions: z.array(
    z.strictObject({
      kind: z.enum(['inSource', 'external']),
      justification: z.string(),
    }),
  ),
  properties: z.looseObject({}),
});
const SarifRule = z.strictObject({
  id: z.string(),
  shortDescription: Message,
  defaultConfiguration: z.strictObject({ level: Level }),
});
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.array(
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({ name: z.string(), rules: z.array(SarifRule) }),
      }),
      results: z.array(SarifResult),
    }),
  ),
});

describe('SARIF', () => {
  it('has the structure that the schema asks for', () => {
    const { runs } = Sarif.parse(JSON.parse(writtenTo('findings.sarif', 'sarif')));
    expect(runs[0]?.results).toHaveLength(4);
  });

  it('holds every rule, every finding with its place, and what is ignored with its reason', () => {
    const { version, runs } = JSON.parse(writtenTo('findings.sarif', 'sarif'));
    expect([version, runs.length]).toEqual(['2.1.0', 1]);
    const [{ tool, results }] = runs;
    expect(tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(Object.keys(RULES));
    for (const { ruleId, ruleIndex, locations, message } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      const { artifactLocation, region } = locations[0].physicalLocation;
      expect(artifactLocation.uri).toMatch(/^file:\/\/\/.*\/Dockerfile$/);
      expect(region.startLine).toBeGreaterThan(0);
      expect(message.text).not.toBe('');
    }
    const brief = results.map((one: { ruleId: string; level: string; suppressions: unknown }) => [
      one.ruleId,
      one.level,
      one.suppressions,
    ]);
    expect(brief).toEqual([
      ['base-by-tag', 'note', []],
      ['open-files', 'warning', []],
      ['secret-in-image', 'error', []],
      ['named-user', 'note', [{ kind: 'inSource', justification: 'the platform maps names' }]],
    ]);
  });
});

describe('JUnit', () => {
  it('has a case for each rule; those severe enough fail, the others speak', () => {
    const xml = writtenTo('findings.xml', 'junit', { failOn: 'medium' });
    const rules = Object.keys(RULES).length;
    expect(xml).toContain(`tests="${rules}" failures="2" errors="0"`);
    expect(xml.match(/<testcase /g)).toHaveLength(rules);
    expect(xml.match(/<failure type="(?:high|medium)"/g)).toHaveLength(2);
    expect(xml.match(/<system-out>/g)).toHaveLength(1);
    expect(xml).toMatch(/<testcase name="root-user" classname="[^"]*"\/>/);
  });

  it('escapes what it quotes', () => {
    writeFileSync(path.join(folder, 'Dockerfile'), 'FROM a:1\nUSER a&<b>\v\u0001\n');
    writeFileSync(path.join(folder, 'failover.yml'), config().replaceAll("'1'", "'0'"));
    const xml = writtenTo('findings.xml', 'junit');
    expect(xml).toContain('USER a&amp;&lt;b&gt; is a name');
    expect(xml.replace(/&(?:amp|lt|gt|quot);/g, '')).not.toMatch(/&/);
  });
});
