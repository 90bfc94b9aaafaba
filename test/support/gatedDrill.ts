// A drill with gates: one variant too large to be placed, one whose probes failed, and a reference that fails itself.
import { judgeImage } from '../../core/images/gates.ts';
import { DrillPlan } from '../../events/drillRecord.ts';
import type { KeptDrill } from '../../functions/rank/report.ts';
import { drillRecords, MODEL } from './drillRecords.ts';

const GATES: DrillPlan['gates'] = {
  errors: 0.01,
  sizeBytes: 130_000_000,
  findings: 'medium',
  vulnerabilities: { severity: 'high', unfixed: 'count' },
};

const ROOT = {
  ...{ rule: 'root-user', severity: 'medium' as const, line: 12, stage: 'slim' },
  what: '"slim" runs as root: no USER is set on the way to it',
  remedy: 'create a user and end the stage with USER 10001',
};

const OLD = {
  ...{ id: 'CVE-2026-0001', severity: 'medium', component: 'zlib1g', version: '1.2.13' },
  fixedIn: null,
};

const NONE = { critical: 0, high: 0, medium: 3, low: 9, unknown: 0 };

export const gatedDrill = (): KeptDrill => {
  const drill = drillRecords(MODEL);
  const images = drill.images.map((image) => {
    const scan =
      image.variantId === 'web'
        ? null
        : {
            ...{ file: `scans/${image.variantId}.json`, tool: 'trivy' as const },
            ...{ scannedAt: '2026-11-20T09:00:00Z', target: `shop:${image.variantId}` },
            ...{ digests: [], all: NONE, fixable: NONE, worst: [OLD] },
          };
    const known = { ...image, scan, findings: image.variantId === 'slim' ? [ROOT] : [] };
    return { ...known, gates: judgeImage({ ...known, digests: [] }, GATES) };
  });
  return {
    ...drill,
    plan: DrillPlan.parse({ ...drill.plan, gates: GATES }),
    images,
    placements: drill.placements.filter(({ placement }) => placement?.armId !== 'fat'),
    bursts: drill.bursts
      .filter(({ armId }) => armId !== 'fat')
      .map((burst) =>
        burst.armId === 'distroless' && burst.round < 3
          ? { ...burst, errors: { 'http.timeout': 4 } }
          : burst,
      ),
  };
};
