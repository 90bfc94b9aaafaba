/** Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding, Findings } from '../../core/dockerfile/findings.ts';
import type { Severity } from '../../core/dockerfile/model.ts';
import { RULES } from '../../core/dockerfile/rules.ts';

const LEVELS: Record<Severity, string> = { high: 'error', medium: 'warning', low: 'note' };

type Rules = Readonly<Record<string, { readonly severity: Severity; readonly title: string }>>;

/** What every finding says, whatever it is about. */
export type Told = {
  readonly rule: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line: number;
  /** Of a Dockerfile; empty or absent where there is none. */
  readonly stage?: string;
  readonly what: string;
  readonly remedy: string;
};

/** Relative to the working folder where it lies in it, as code hosts want it. */
const uriOf = (file: string): string =>
  path.isAbsolute(file)
    ? pathToFileURL(file).href
    : file.split(path.sep).map(encodeURIComponent).join('/');

const resultOf = (rules: Rules, finding: Told) => ({
  ruleId: finding.rule,
  ruleIndex: Object.keys(rules).indexOf(finding.rule),
  level: LEVELS[finding.severity],
  message: { text: `${finding.what}. ${finding.remedy}` },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(finding.file) },
        region: { startLine: finding.line },
      },
      ...(finding.stage ? { logicalLocations: [{ name: finding.stage }] } : {}),
    },
  ],
});

const logOf = (rules: Rules, results: readonly object[]) => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      tool: {
        driver: {
          name: 'failover',
          rules: Object.entries(rules).map(([id, { severity, title }]) => ({
            id,
            shortDescription: { text: title },
            defaultConfiguration: { level: LEVELS[severity] },
          })),
        },
      },
      results,
    },
  ],
});

/** Findings that no comment sets aside. */
export const sarifLog = (rules: Rules, findings: readonly Told[]) =>
  logOf(
    rules,
    findings.map((finding) => ({ ...resultOf(rules, finding), suppressions: [] })),
  );

const ofDockerfile = (finding: Finding, suppressions: readonly object[]) => ({
  ...resultOf(RULES, finding),
  properties: { variants: finding.variants },
  suppressions,
});

export const sarifOf = ({ findings, ignored }: Findings) =>
  logOf(RULES, [
    ...findings.map((finding) => ofDockerfile(finding, [])),
    ...ignored.map((finding) =>
      ofDockerfile(finding, [{ kind: 'inSource', justification: finding.reason }]),
    ),
  ]);
