/** Findings as lines for people. */
import type { Findings } from '../../core/dockerfile/findings.ts';
import { SEVERITIES, type Severity } from '../../core/dockerfile/model.ts';
import type { Style } from '../output/style.ts';
import { wrap } from '../output/table.ts';
import type { Told } from './sarif.ts';

const colourOf = (style: Style): Record<Severity, (text: string) => string> => ({
  high: style.bad,
  medium: style.warn,
  low: style.dim,
});

export const countText = (findings: readonly Told[]): string =>
  SEVERITIES.toReversed()
    .map((severity) => ({
      severity,
      n: findings.filter((one) => one.severity === severity).length,
    }))
    .filter(({ n }) => n > 0)
    .map(({ severity, n }) => `${n} ${severity}`)
    .join(', ');

/** Place, rule, reason and remedy of each. */
export const linesOfFindings = (findings: readonly Told[], style: Style): string[] => {
  const colour = colourOf(style);
  return findings.flatMap(({ file, line, stage = '', severity, rule, what, remedy }) => [
    `  ${file}:${line}: ${colour[severity](severity)} ${style.bold(rule)}${stage === '' ? '' : `, stage ${stage}`}`,
    ...wrap(what, style.width - 6).map((text) => `      ${text}`),
    ...wrap(`→ ${remedy}`, style.width - 6, '  ').map((text) => `      ${text}`),
  ]);
};

export const findingLines = ({ findings, ignored }: Findings, style: Style): string[] => {
  const set = ignored.length > 0 ? ` (${ignored.length} ignored by comments)` : '';
  if (findings.length === 0) return [`findings   none in the Dockerfile${set}`];
  return [`findings   ${countText(findings)}${set}`, ...linesOfFindings(findings, style)];
};
