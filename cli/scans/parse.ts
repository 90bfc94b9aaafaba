/** The JSON reports of trivy (`trivy image --format json`) and grype (`grype -o json`), as far as gates need them. */
import * as z from 'zod';
import { DrillError } from '../../core/errors.ts';
import type { ScanSummary } from '../../events/scan.ts';

const VULNERABILITIES_MAX = 200_000;
const WORST_MAX = 10;
const text = z.string().max(2_000);

const Trivy = z.object({
  SchemaVersion: z.literal(2),
  CreatedAt: text.optional(),
  ArtifactName: text.default(''),
  Metadata: z
    .object({ ImageID: text.optional(), RepoDigests: z.array(text).max(100).nullish() })
    .nullish(),
  Results: z
    .array(
      z.object({
        Vulnerabilities: z
          .array(
            z.object({
              VulnerabilityID: text,
              PkgName: text,
              InstalledVersion: text.default(''),
              FixedVersion: text.nullish(),
              Severity: text.default('UNKNOWN'),
            }),
          )
          .max(VULNERABILITIES_MAX)
          .nullish(),
      }),
    )
    .nullish(),
});

const GrypeImage = z.object({
  userInput: text.default(''),
  imageID: text.optional(),
  manifestDigest: text.optional(),
  repoDigests: z.array(text).max(100).nullish(),
});

const Grype = z.object({
  matches: z
    .array(
      z.object({
        vulnerability: z.object({
          id: text,
          severity: text.default('Unknown'),
          fix: z.object({ versions: z.array(text).nullish(), state: text.optional() }).nullish(),
        }),
        artifact: z.object({ name: text, version: text.default('') }),
      }),
    )
    .max(VULNERABILITIES_MAX),
  source: z.object({ target: z.union([text, GrypeImage]).nullish() }).nullish(),
  descriptor: z.object({ name: z.literal('grype'), timestamp: text.optional() }),
});

type Vulnerability = {
  readonly id: string;
  readonly severity: keyof ScanSummary['all'];
  readonly component: string;
  readonly version: string;
  readonly fixedIn: string | null;
};

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'unknown'] as const;

const severityOf = (word: string): Vulnerability['severity'] =>
  SEVERITIES.find((name) => name === word.toLowerCase()) ?? 'unknown';

const digestsOf = (names: readonly (string | null | undefined)[]): string[] => [
  ...new Set(names.flatMap((name) => /sha256:[0-9a-f]{64}$/.exec(name ?? '')?.[0] ?? [])),
];

const countsOf = (found: readonly Vulnerability[]): ScanSummary['all'] => {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, unknown: 0 };
  for (const { severity } of found) counts[severity] += 1;
  return counts;
};

const worstOf = (found: readonly Vulnerability[]): ScanSummary['worst'] =>
  [...found]
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        Number(b.fixedIn !== null) - Number(a.fixedIn !== null) ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, WORST_MAX);

type Scanned = Pick<ScanSummary, 'tool' | 'scannedAt' | 'target' | 'digests'> & {
  readonly found: readonly Vulnerability[];
};

const ofTrivy = ({
  CreatedAt,
  ArtifactName,
  Metadata,
  Results,
}: z.output<typeof Trivy>): Scanned => ({
  tool: 'trivy',
  scannedAt: CreatedAt ?? null,
  target: ArtifactName,
  digests: digestsOf([Metadata?.ImageID, ...(Metadata?.RepoDigests ?? [])]),
  found: (Results ?? [])
    .flatMap((result) => result.Vulnerabilities ?? [])
    .map((one) => ({
      id: one.VulnerabilityID,
      severity: severityOf(one.Severity),
      component: one.PkgName,
      version: one.InstalledVersion,
      fixedIn: one.FixedVersion || null,
    })),
});

const ofGrype = ({ matches, source, descriptor }: z.output<typeof Grype>): Scanned => {
  const target = source?.target ?? '';
  const image = typeof target === 'string' ? undefined : target;
  return {
    tool: 'grype',
    scannedAt: descriptor.timestamp ?? null,
    target: typeof target === 'string' ? target : target.userInput,
    digests: digestsOf([image?.imageID, image?.manifestDigest, ...(image?.repoDigests ?? [])]),
    found: matches.map(({ vulnerability: { id, severity, fix }, artifact }) => ({
      id,
      severity: severityOf(severity),
      component: artifact.name,
      version: artifact.version,
      fixedIn: fix?.versions?.join(', ') || null,
    })),
  };
};

const faultOf = (value: unknown): string => {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const schema = keys.includes('Results') || keys.includes('SchemaVersion') ? Trivy : Grype;
  if (schema === Grype && !keys.includes('matches')) {
    return 'is no JSON report of trivy or grype. Write one with: trivy image --format json, or grype -o json';
  }
  const [issue] = schema.safeParse(value).error?.issues ?? [];
  const tool = schema === Trivy ? 'trivy (schema version 2)' : 'grype';
  return `does not fit the report of ${tool}: ${issue?.path.join('.')}: ${issue?.message}`;
};

/** @throws DrillError `InputInvalid` for anything that is no report of one of the two. */
export const parseScan = (json: string, file: string): ScanSummary => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new DrillError('InputInvalid', `${file} is not JSON`);
  }
  const trivy = Trivy.safeParse(value);
  const grype = trivy.success ? undefined : Grype.safeParse(value);
  const scanned = trivy.success ? ofTrivy(trivy.data) : grype?.data && ofGrype(grype.data);
  if (!scanned) throw new DrillError('InputInvalid', `${file} ${faultOf(value)}`);
  const { found, ...rest } = scanned;
  return {
    file,
    ...rest,
    all: countsOf(found),
    fixable: countsOf(found.filter(({ fixedIn }) => fixedIn !== null)),
    worst: worstOf(found),
  };
};
