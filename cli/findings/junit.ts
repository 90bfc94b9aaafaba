/** Findings as JUnit XML: one case for each rule, which fails when a finding is severe enough. */
import type { Finding, Findings } from '../../core/dockerfile/findings.ts';
import { isAtLeast, type Severity } from '../../core/dockerfile/model.ts';
import { RULES } from '../../core/dockerfile/rules.ts';

export type FailOn = Severity | 'none';

export const fails = ({ severity }: Pick<Finding, 'severity'>, failOn: FailOn): boolean =>
  failOn !== 'none' && isAtLeast(severity, failOn);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** What XML 1.0 cannot hold, not even as a reference: controls but tab, line feed and return. */
const CONTROL = /(?![\t\n\r])\p{Cc}/gu;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char).replace(CONTROL, '');

const lineText = ({ file, line, what, remedy }: Finding): string =>
  `${file}:${line}: ${what}. ${remedy}`;

const caseLines = (
  rule: string,
  file: string,
  some: readonly Finding[],
  failOn: FailOn,
): string[] => {
  const head = `    <testcase name="${rule}" classname="${escaped(file)}"`;
  const failing = some.filter((finding) => fails(finding, failOn));
  const passing = some.filter((finding) => !fails(finding, failOn));
  const first = failing[0];
  const body = [
    ...(first
      ? [
          `      <failure type="${first.severity}" message="${escaped(first.what)}">${escaped(failing.map(lineText).join('\n'))}</failure>`,
        ]
      : []),
    ...(passing.length > 0
      ? [`      <system-out>${escaped(passing.map(lineText).join('\n'))}</system-out>`]
      : []),
  ];
  return body.length === 0 ? [`${head}/>`] : [`${head}>`, ...body, '    </testcase>'];
};

export const junitOf = ({ findings }: Findings, file: string, failOn: FailOn): string => {
  const names = Object.keys(RULES);
  const byRule = Map.groupBy(findings, ({ rule }): string => rule);
  const failed = names.filter((rule) => byRule.get(rule)?.some((one) => fails(one, failOn)));
  const counts = `tests="${names.length}" failures="${failed.length}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="failover check" ${counts}>`,
    `  <testsuite name="${escaped(file)}" ${counts} skipped="0">`,
    ...names.flatMap((rule) => caseLines(rule, file, byRule.get(rule) ?? [], failOn)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
};
