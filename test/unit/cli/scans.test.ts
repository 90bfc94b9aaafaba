// Goal: reports of trivy and grype are read by their schemas, within bounds; anything else is refused by name.
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check, planOf } from '../../../cli/commands/check.ts';
import { loadConfig } from '../../../cli/config/load.ts';
import { checkConfig } from '../../../cli/config/validate.ts';
import { findingsOfConfig } from '../../../cli/findings/read.ts';
import { openOutput } from '../../../cli/output/output.ts';
import { parseScan } from '../../../cli/scans/parse.ts';
import { readScans } from '../../../cli/scans/read.ts';
import { ScanSummary } from '../../../events/scan.ts';

const ID = `sha256:${'a'.repeat(64)}`;
const DIGEST = `sha256:${'b'.repeat(64)}`;

const trivyOne = (VulnerabilityID: string, Severity: string, FixedVersion?: string) => ({
  ...{ VulnerabilityID, Severity, PkgName: 'openssl', InstalledVersion: '3.0.1' },
  ...{ PkgIdentifier: { PURL: 'pkg:deb/openssl' }, ...(FixedVersion ? { FixedVersion } : {}) },
});

const TRIVY = {
  SchemaVersion: 2,
  CreatedAt: '2026-11-19T08:00:00.123Z',
  ArtifactName: 'shop:slim',
  ArtifactType: 'container_image',
  Metadata: { ImageID: ID, RepoDigests: [`registry.example/shop@${DIGEST}`], DiffIDs: [] },
  Results: [
    {
      Target: 'shop:slim (debian 12.5)',
      Vulnerabilities: [
        trivyOne('CVE-2026-0002', 'HIGH'),
        trivyOne('CVE-2026-0001', 'CRITICAL', '3.0.2'),
        trivyOne('CVE-2026-0003', 'LOW', '3.0.2'),
      ],
    },
    { Target: 'app/package-lock.json', Class: 'lang-pkgs' },
    { Target: 'none', Vulnerabilities: null },
  ],
};

const grypeOne = (id: string, severity: string, versions: string[]) => ({
  vulnerability: {
    id,
    severity,
    fix: { versions, state: versions.length ? 'fixed' : 'not-fixed' },
  },
  artifact: { name: 'libc6', version: '2.36', type: 'deb' },
  matchDetails: [],
});

const GRYPE = {
  matches: [
    grypeOne('CVE-2026-1', 'Negligible', []),
    grypeOne('GHSA-1', 'Critical', ['2.37']),
    grypeOne('CVE-2026-2', 'Medium', []),
  ],
  source: {
    type: 'image',
    target: { userInput: 'shop:slim', imageID: ID, manifestDigest: DIGEST },
  },
  distro: { name: 'debian' },
  descriptor: { name: 'grype', version: '0.90.0', timestamp: '2026-11-18T07:00:00Z' },
};

const parsed = (report: unknown): ScanSummary =>
  ScanSummary.parse(parseScan(JSON.stringify(report), 'scan.json'));

describe('a report', () => {
  it('of trivy', () => {
    expect(parsed(TRIVY)).toEqual({
      ...{ file: 'scan.json', tool: 'trivy', scannedAt: '2026-11-19T08:00:00.123Z' },
      ...{ target: 'shop:slim', digests: [ID, DIGEST] },
      all: { critical: 1, high: 1, medium: 0, low: 1, unknown: 0 },
      fixable: { critical: 1, high: 0, medium: 0, low: 1, unknown: 0 },
      worst: [
        expect.objectContaining({ id: 'CVE-2026-0001', severity: 'critical', fixedIn: '3.0.2' }),
        expect.objectContaining({ id: 'CVE-2026-0002', component: 'openssl', fixedIn: null }),
        expect.objectContaining({ id: 'CVE-2026-0003', version: '3.0.1' }),
      ],
    });
  });

  it('of trivy that found nothing', () => {
    const { Results: _, ...nothing } = TRIVY;
    expect(parsed(nothing).all).toMatchObject({ critical: 0, low: 0 });
  });

  it('of grype', () => {
    expect(parsed(GRYPE)).toMatchObject({
      ...{ tool: 'grype', scannedAt: '2026-11-18T07:00:00Z', target: 'shop:slim' },
      digests: [ID, DIGEST],
      all: { critical: 1, high: 0, medium: 1, low: 0, unknown: 1 },
      fixable: { critical: 1, medium: 0, unknown: 0 },
      worst: [{ id: 'GHSA-1', fixedIn: '2.37' }, { id: 'CVE-2026-2' }, { id: 'CVE-2026-1' }],
    });
  });

  it('of grype over a folder names no image', () => {
    expect(parsed({ ...GRYPE, source: { type: 'directory', target: '.' } }).digests).toEqual([]);
  });

  it('keeps the ten worst, and counts all', () => {
    const Vulnerabilities = Array.from({ length: 500 }, (_, at) => trivyOne(`CVE-${at}`, 'MEDIUM'));
    const summary = parsed({ ...TRIVY, Results: [{ Target: 'x', Vulnerabilities }] });
    expect(summary.worst).toHaveLength(10);
    expect(summary.all.medium).toBe(500);
  });

  it.each([
    ['not JSON', '{', 'scan.json is not JSON'],
    ['something else', '{"vulnerabilities":[]}', 'is no JSON report of trivy or grype'],
    ['a list', '[]', 'is no JSON report of trivy or grype'],
    ['an old trivy', '{"SchemaVersion":1,"Results":[]}', 'does not fit the report of trivy'],
    ['a broken grype', '{"matches":[{}]}', 'does not fit the report of grype: matches.0.'],
  ])('that is %s is refused', (_, json, message) => {
    expect(() => parseScan(json, 'scan.json')).toThrow(message);
  });
});

describe('scans of a configuration', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'scans-'));
    mkdirSync(path.join(folder, 'scans'));
    const write = (name: string, report: unknown) =>
      writeFileSync(path.join(folder, name), JSON.stringify(report));
    write('scans/slim.json', TRIVY);
    write('all.json', GRYPE);
    writeFileSync(path.join(folder, 'huge.json'), '');
    truncateSync(path.join(folder, 'huge.json'), 64_000_001);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are one for each variant, or one for all', () => {
    const each = readScans('scans/{variant}.json', folder, ['slim', 'fat']);
    expect(Object.keys(each.scans)).toEqual(['slim']);
    expect(each).toMatchObject({ missing: ['scans/fat.json'], faults: [] });
    const all = readScans('all.json', folder, ['slim', 'fat']);
    expect(Object.keys(all.scans)).toEqual(['slim', 'fat']);
  });

  it('that are not there, or too large, are faults', () => {
    expect(readScans('none.json', folder, ['slim', 'fat']).faults).toEqual([
      'there is no none.json',
    ]);
    expect(readScans('huge.json', folder, ['slim']).faults).toEqual([
      'huge.json is larger than 64 MB',
    ]);
  });

  const configOf = (name: string, file: string, more: string[] = []): string => {
    const config = path.join(folder, name);
    writeFileSync(
      path.join(folder, 'Dockerfile'),
      'FROM scratch AS slim\nFROM scratch AS fat\nCOPY a /a\n',
    );
    writeFileSync(
      config,
      [
        ...['service: shop', 'regions: { primary: eu-west-1, standby: eu-central-1 }'],
        'image: { matrix: { target: [slim, fat] }, reference: slim }',
        'drill:',
        '  gates:',
        ...more,
        `    vulnerabilities: { file: '${file}' }`,
      ].join('\n'),
    );
    return config;
  };

  it('are read with it, and said before a drill', () => {
    const checked = checkConfig(loadConfig(configOf('failover.yml', 'scans/{variant}.json')));
    expect(checked.scanned.scans['slim']?.tool).toBe('trivy');
    const { notes } = planOf(checked, findingsOfConfig(checked), 0);
    expect(notes).toEqual([
      'there is no scans/fat.json yet: without a scan the gate on vulnerabilities is not judged',
      'slim, which runs today, would be measured all the same; gate failed: vulnerabilities 1 critical, 1 high; trivy 2026-11-19 (none of severity high or more)',
    ]);
  });

  it('that cannot be read are told with file and line', () => {
    const config = configOf('wrong.yml', 'huge.json', ['    size: 90MB']);
    const stdout = { write: () => true } as unknown as NodeJS.WriteStream;
    const output = openOutput(false, { stdout, stderr: stdout }, {});
    expect(() => check({ config }, output)).toThrow(
      /wrong\.yml:7: drill\.gates\.vulnerabilities\.file: huge\.json is larger than 64 MB/,
    );
  });
});
