// Goal: a gate that fails says what was found and what was allowed; one that cannot be judged is no pass.
import { describe, expect, it } from 'vitest';
import { errorGate, errorGated } from '../../../core/drill/rankDrill.ts';
import {
  type GatedImage,
  type GateLimits,
  type GateResult,
  gateObjections,
  gateReason,
  gatesAsked,
  judgeErrors,
  judgeImage,
} from '../../../core/images/gates.ts';
import { gateProblems, heldBack, referenceWarning } from '../../../core/report/gates.ts';
import { gateLimits } from '../../../events/gates.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { FINISHED_AT } from '../../support/drillRecords.ts';
import { gatedDrill } from '../../support/gatedDrill.ts';

const NONE: GateLimits = { errors: null, sizeBytes: null, findings: null, vulnerabilities: null };
const IMAGE: GatedImage = { compressedBytes: null, digests: [], findings: null, scan: null };

const only = (image: Partial<GatedImage>, limits: Partial<GateLimits>): GateResult | undefined => {
  const results = judgeImage({ ...IMAGE, ...image }, { ...NONE, ...limits });
  expect(results).toHaveLength(1);
  return results[0];
};

it('nothing that nobody asked for is judged', () => {
  expect(judgeImage(IMAGE, NONE)).toEqual([]);
  expect(gatesAsked(NONE)).toEqual([]);
});

it('what was asked for is told with its limits', () => {
  expect(gatesAsked(gateLimits({ size: 90_000_000, errors: 0.001, findings: 'low' }))).toEqual([
    'size: at most 90.0 MB compressed',
    'findings: none of severity low or more',
    'errors: at most 0.1 % of the http probes',
  ]);
  expect(gateLimits({ findings: 'none' })).toEqual(NONE);
  expect(gateLimits(undefined)).toEqual(NONE);
});

describe('size', () => {
  it.each([
    [100_000_000, 'passed'],
    [100_000_001, 'failed'],
    [null, 'not judged'],
  ] as const)('%s is %s', (compressedBytes, status) => {
    const result = only({ compressedBytes }, { sizeBytes: 100_000_000 });
    expect(result).toMatchObject({ gate: 'size', status, limit: 'at most 100.0 MB compressed' });
  });

  it('of process images cannot be judged, and says so', () => {
    expect(only({}, { sizeBytes: 1 })?.found).toBe('the size was not measured');
  });
});

describe('findings', () => {
  const finding = (severity: 'low' | 'medium' | 'high', line: number) => ({
    ...{ rule: `rule-${line}`, severity, line },
  });
  const findings = [finding('low', 1), finding('high', 2), finding('medium', 3)];

  it('count from the severity on', () => {
    expect(only({ findings }, { findings: 'high' })).toMatchObject({
      status: 'failed',
      found: '1: rule-2 in line 2',
    });
    expect(only({ findings }, { findings: 'low' })?.found).toContain('3: rule-1 in line 1');
    expect(only({ findings: [finding('low', 1)] }, { findings: 'medium' })?.status).toBe('passed');
  });

  it('are not judged when the Dockerfile was not read', () => {
    expect(only({}, { findings: 'low' })?.status).toBe('not judged');
  });
});

describe('vulnerabilities', () => {
  const counts = { critical: 1, high: 2, medium: 3, low: 4 };
  const scan = {
    ...{ tool: 'grype', scannedAt: '2026-11-01T10:00:00Z', digests: ['sha256:a'] },
    ...{ all: counts, fixable: { ...counts, critical: 0, high: 0 } },
  };
  const judged = (
    severity: 'medium' | 'high' | 'critical',
    unfixed: 'count' | 'ignore',
    image = {},
  ) => only({ scan, digests: ['sha256:a'], ...image }, { vulnerabilities: { severity, unfixed } });

  it('count from the severity on, worst first', () => {
    expect(judged('medium', 'count')).toMatchObject({
      status: 'failed',
      found: '1 critical, 2 high, 3 medium; grype 2026-11-01',
      limit: 'none of severity medium or more',
    });
  });

  it('without a fix may be left out', () => {
    expect(judged('high', 'ignore')?.status).toBe('passed');
    expect(judged('medium', 'ignore')?.found).toBe('3 medium; grype 2026-11-01');
  });

  it('of another image, such as the one built before, are told as such', () => {
    expect(judged('critical', 'count', { digests: ['sha256:b'] })?.found).toContain(
      'of another image',
    );
    expect(judged('critical', 'count', { scan: { ...scan, digests: [] } })?.found).not.toContain(
      'earlier',
    );
  });

  it('are not judged without a scan', () => {
    expect(judged('high', 'count', { scan: null })?.status).toBe('not judged');
  });
});

describe('errors', () => {
  it('are a share of all probes', () => {
    expect(judgeErrors(1_000, 1, 0.001)).toMatchObject({
      status: 'passed',
      found: '0.1 % failed (1 of 1000)',
    });
    expect(judgeErrors(1_000, 2, 0.001)).toMatchObject({ status: 'failed' });
    expect(judgeErrors(0, 0, 0.001)).toMatchObject({ status: 'not judged' });
  });

  it('gate candidates, and only tell of the reference', () => {
    const { plan, bursts } = gatedDrill();
    const all = bursts.map((burst) => ({
      ...burst,
      errors: { 'http.reset': 3, 'dns.timeout': 9 },
    }));
    expect([...errorGated(plan, all).keys()].sort()).toEqual(['distroless', 'web']);
    expect(errorGate(plan, all, 'slim')).toMatchObject([{ status: 'failed' }]);
    expect(errorGate({ ...plan, gates: { ...plan.gates, errors: null } }, all, 'slim')).toEqual([]);
    expect([...errorGated(plan, bursts)]).toEqual([
      ['distroless', expect.stringMatching(/^gate failed: errors 5 % failed/)],
    ]);
  });
});

describe('a report of gated variants', () => {
  const report = reportOfDrill(gatedDrill(), FINISHED_AT);

  it('ranks the others, and gives the reason of each that it left out', () => {
    for (const ranking of report.rankings) {
      expect(ranking.rows.map(({ v }) => v).sort()).toEqual(['slim', 'web']);
      expect(ranking.pairs).toHaveLength(1);
      expect(ranking.excluded.map(({ v }) => v)).toEqual(['distroless', 'fat']);
    }
    expect(report.rankings[0]?.excluded[1]?.why).toBe(
      'gate failed: size 132.4 MB (at most 130.0 MB compressed)',
    );
  });

  it('says loudly when the image of today fails itself, and measures it all the same', () => {
    expect(report.headline).toMatch(/But slim, which runs today, fails a gate itself: findings 1:/);
    expect(report.problems[0]).toMatchObject({ kind: 'ReferenceGated', where: 'slim' });
    expect(report.problems.slice(1, 3).map(({ kind }) => kind)).toEqual([
      'GateFailed',
      'GateFailed',
    ]);
  });
});

describe('words', () => {
  const gate = (status: GateResult['status'], name: GateResult['gate'] = 'size'): GateResult => ({
    ...{ gate: name, status, found: '9 MB', limit: 'at most 1 MB' },
  });

  it('name every gate that failed', () => {
    expect(gateReason([gate('passed'), gate('not judged')])).toBeUndefined();
    expect(gateReason([gate('failed'), gate('failed', 'errors')])).toBe(
      'gates failed: size 9 MB (at most 1 MB); errors 9 MB (at most 1 MB)',
    );
  });

  it('hold against a promotion also what nobody could judge', () => {
    expect(
      gateObjections([gate('passed'), gate('failed'), gate('not judged', 'findings')]),
    ).toEqual(['size 9 MB (at most 1 MB)', 'findings not judged, 9 MB (at most 1 MB)']);
  });

  it('are none where all pass', () => {
    const variants = [{ id: 'a', gates: [gate('passed')] }];
    expect(heldBack(variants, 'a').size).toBe(0);
    expect(referenceWarning(variants, 'a')).toBe('');
    expect(gateProblems(variants, 'a')).toEqual([]);
  });
});
