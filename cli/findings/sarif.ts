/** Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Finding, Findings } from '../../core/dockerfile/findings.ts';
import type { Severity } from '../../core/dockerfile/model.ts';
import { RULES } from '../../core/dockerfile/rules.ts';

const LEVELS: Record<Severity, string> = { high: 'error', medium: 'warning', low: 'note' };

const RULE_IDS = Object.keys(RULES);

const rules = Object.entries(RULES).map(([id, { severity, title }]) => ({
  id,
  shortDescription: { text: title },
  defaultConfiguration: { level: LEVELS[severity] },
}));

/** Relative to the working folder where it lies in it, as code hosts want it. */
const uriOf = (file: string): string =>
  path.isAbsolute(file)
    ? pathToFileURL(file).href
    : file.split(path.sep).map(encodeURIComponent).join('/');

const resultOf = (finding: Finding) => ({
  ruleId: finding.rule,
  ruleIndex: RULE_IDS.indexOf(finding.rule),
  level: LEVELS[finding.severity],
  message: { text: `${finding.what}. ${finding.remedy}` },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(finding.file) },
        region: { startLine: finding.line },
      },
      ...(finding.stage === '' ? {} : { logicalLocations: [{ name: finding.stage }] }),
    },
  ],
  properties: { variants: finding.variants },
});

export const sarifOf = ({ findings, ignored }: Findings) => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      tool: { driver: { name: 'failover', rules } },
      results: [
        ...findings.map((finding) => ({ ...resultOf(finding), suppressions: [] })),
        ...ignored.map((finding) => ({
          ...resultOf(finding),
          suppressions: [{ kind: 'inSource', justification: finding.reason }],
        })),
      ],
    },
  ],
});
