/** What the sources say of the image of each variant: its stages, findings about it, and scans of it. */
import type { Documents } from '../../aws/documents.ts';
import { type Findings, findingsOf } from '../../core/dockerfile/findings.ts';
import { SEVERITIES } from '../../core/dockerfile/model.ts';
import { stageParts } from '../../core/images/stages.ts';
import { InspectedSources } from '../../events/configDocument.ts';
import type { DrillPlan } from '../../events/drillRecord.ts';
import type { ImageFacts } from '../../events/image.ts';

/** A record of the table has a bound, and a Dockerfile has few findings. */
const FINDINGS_MAX = 60;

type Finding = Findings['findings'][number];

/** Those of a variant; where there are too many, the least serious are left out. */
const keptFindings = (all: readonly Finding[], variantId: string): Finding[] => {
  const own = all.filter(({ variants }) => variants.includes(variantId));
  if (own.length <= FINDINGS_MAX) return own;
  const kept = new Set(
    own
      .toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity))
      .slice(0, FINDINGS_MAX),
  );
  return own.filter((finding) => kept.has(finding));
};

export type SourceFacts = Pick<ImageFacts, 'stages' | 'findings' | 'scan'>;

export type Sources = {
  readonly facts: (variantId: string) => SourceFacts;
  readonly dockerfile: InspectedSources['dockerfile'];
};

const UNKNOWN: SourceFacts = { stages: [], findings: null, scan: null };

/** @throws DrillError `DrillNotFound` when the configuration of the plan is gone, `DataCorrupt` */
export const readSources = async (
  documents: Pick<Documents, 'read'>,
  plan: DrillPlan,
  signal: AbortSignal,
): Promise<Sources> => {
  if (plan.configKey === null) return { facts: () => UNKNOWN, dockerfile: undefined };
  const { dockerfile, scans } = await documents.read(plan.configKey, InspectedSources, signal);
  const all = dockerfile && findingsOf(dockerfile, plan.variants).findings;
  const facts = (variantId: string): SourceFacts => {
    const variant = plan.variants.find(({ id }) => id === variantId);
    const own = all && keptFindings(all, variantId);
    return {
      stages: dockerfile && variant ? stageParts(dockerfile, variant) : [],
      findings:
        own?.slice(0, FINDINGS_MAX).map(({ rule, severity, line, stage, what, remedy }) => ({
          ...{ rule, severity, line },
          ...{ stage, what, remedy },
        })) ?? null,
      scan: scans[variantId] ?? null,
    };
  };
  return { facts, dockerfile };
};
