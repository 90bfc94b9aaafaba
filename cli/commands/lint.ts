/** `failover lint`: would what is deployed to AWS still work when the primary, or us-east-1, does not? */
import path from 'node:path';
import { lint as judge, LINT_RULES, type LintFinding } from '../../core/lint/rules.ts';
import type { LintOutput } from '../../events/lintOutput.ts';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { EXIT } from '../failure.ts';
import { type FailOn, fails } from '../findings/junit.ts';
import { sarifLog } from '../findings/sarif.ts';
import { countText, linesOfFindings } from '../findings/text.ts';
import { writeReport } from '../findings/writeReport.ts';
import { openLines, readFacts, readMachines, readStacks } from '../lint/read.ts';
import { checksOf, placesOf, setupOf, stackParams } from '../lint/setup.ts';
import type { Output } from '../output/output.ts';

export type LintOptions = {
  readonly config: string;
  readonly failOn?: FailOn;
  readonly sarif?: string;
};

/** Relative to where the person stands, as their shell and code host want it. */
const shown = (folder: string, file: string): string => {
  const whole = path.resolve(folder, file);
  const relative = path.relative(process.cwd(), whole);
  return relative.startsWith('..') ? whole : relative;
};

/** Findings of a configuration with the templates and machines of a project folder. */
export const lintOf = (loaded: LoadedConfig, folder: string) => {
  const { config, file, lineOf } = loaded;
  const stacks = readStacks(folder, placesOf(config), (place) => stackParams(config, place));
  const machines = readMachines(folder);
  const facts = readFacts(folder);
  const checks = checksOf(config);
  const found = judge({ setup: setupOf(loaded), stacks, machines, facts, checks });
  const lineIn = openLines(folder);
  const placed = ({ file: at, path: way, rule, severity, what, remedy }: LintFinding) => {
    const own = at === file;
    const line = own ? lineOf(way) : lineIn({ file: at, path: way });
    return { rule, severity, file: own ? file : shown(folder, at), line, what, remedy };
  };
  const findings = found
    .map(placed)
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line));
  return {
    stacks: stacks.map(({ role, region }) => ({ role, region })),
    machines: machines.map((machine) => machine.file),
    findings,
  };
};

/** @returns the exit code: marked when a finding is as severe as `--fail-on` says. */
export const lint = (options: LintOptions, output: Output): number => {
  const failOn = options.failOn ?? 'medium';
  const { stacks, machines, findings } = lintOf(loadConfig(options.config), PROJECT_FOLDER);
  if (options.sarif !== undefined) {
    const log = sarifLog(LINT_RULES, findings);
    writeReport('sarif', options.sarif, JSON.stringify(log, null, 2));
  }
  const failed = findings.filter((finding) => fails(finding, failOn)).length;
  const result: LintOutput = { stacks, machines, findings, failOn, failed };
  output.result(result, (style) => {
    const read = `${stacks.length} stacks and ${machines.length} state machines by ${Object.keys(LINT_RULES).length} rules`;
    if (findings.length === 0) return [`${read}: nothing found`];
    return [
      `${read}: ${countText(findings)}`,
      ...linesOfFindings(findings, style),
      ...(failed > 0 ? [`${failed} of them at or above ${failOn}: exit code 3`] : []),
    ];
  });
  return failed > 0 ? EXIT.marked : EXIT.ok;
};
