/** Findings of the Dockerfile of a checked configuration. */
import { type Findings, findingsOf } from '../../core/dockerfile/findings.ts';
import type { CheckedConfig } from '../config/validate.ts';
import { readDockerfile } from '../dockerfile/read.ts';

export const findingsOfConfig = ({ dockerfile, variants }: CheckedConfig): Findings =>
  dockerfile
    ? findingsOf(readDockerfile(dockerfile.text, dockerfile.file), variants)
    : { findings: [], ignored: [] };
