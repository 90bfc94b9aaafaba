/** Findings as lines for people. */
import type { Finding, Findings } from '../../core/dockerfile/findings.ts';
import { SEVERITIES, type Severity } from '../../core/dockerfile/model.ts';
import type { Style } from '../output/style.ts';
import { wrap } from '../output/table.ts';

const WIDTH = 100;

const colourOf = (style: Style): Record<Severity, (text: string) => string> => ({
  high: style.bad,
  medium: style.warn,
  low: style.dim,
});

const countText = (findings: readonly Finding[]): string =>
  SEVERITIES.toReversed()
    .map((severity) => ({
      severity,
      n: findings.filter((one) => one.severity === severity).length,
    }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => `${n} ${severity}`)
    .join(', ');

export const findingLines = ({ findings, ignored }: Findings, style: Style): string[] => {
  const set = ignored.length > 0 ? ` (${ignored.length} ignored by comments)` : '';
  if (findings.length === 0) return [`findings   none in the Dockerfile${set}`];
  const colour = colourOf(style);
  return [
    `findings   ${countText(findings)}${set}`,
    ...findings.flatMap(({ file, line, stage, severity, rule, what, remedy }) => [
      `  ${file}:${line}: ${colour[severity](severity)} ${style.bold(rule)}${stage === '' ? '' : `, stage ${stage}`}`,
      ...wrap(what, WIDTH - 6).map((text) => `      ${text}`),
      ...wrap(`→ ${remedy}`, WIDTH - 6, '  ').map((text) => `      ${text}`),
    ]),
  ];
};
