/**
 * Gates before ranking. A gate that fails takes its variant out of the ranking, with its reason; one that
 * cannot be judged does neither, but is no pass: who promotes must see it.
 */
import { isAtLeast, type Severity } from '../dockerfile/model.ts';

export type GateResult = {
  readonly gate: 'size' | 'findings' | 'vulnerabilities' | 'errors';
  readonly status: 'passed' | 'failed' | 'not judged';
  /** What was found, or why nothing could be. */
  readonly found: string;
  readonly limit: string;
};

const SCAN_SEVERITIES = ['low', 'medium', 'high', 'critical'] as const;
type ScanSeverity = (typeof SCAN_SEVERITIES)[number];
type Counts = Readonly<Record<ScanSeverity, number>>;

export type GateLimits = {
  readonly errors: number | null;
  readonly sizeBytes: number | null;
  readonly findings: Severity | null;
  readonly vulnerabilities: {
    readonly severity: ScanSeverity;
    readonly unfixed: 'count' | 'ignore';
  } | null;
};

/** What the gates read of an image; null where it is not known. */
export type GatedImage = {
  readonly compressedBytes: number | null;
  readonly digests: readonly string[];
  readonly findings:
    | readonly { readonly rule: string; readonly severity: Severity; readonly line: number }[]
    | null;
  readonly scan: {
    readonly tool: string;
    readonly scannedAt: string | null;
    readonly digests: readonly string[];
    readonly all: Counts;
    readonly fixable: Counts;
  } | null;
};

/** One digit more than elsewhere: a limit must not read like what breaks it. */
const sizeText = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const sizeGate = ({ compressedBytes }: GatedImage, limitBytes: number): GateResult => {
  const limit = `at most ${sizeText(limitBytes)} compressed`;
  if (compressedBytes === null) {
    return { gate: 'size', status: 'not judged', found: 'the size was not measured', limit };
  }
  const status = compressedBytes <= limitBytes ? 'passed' : 'failed';
  return { gate: 'size', status, found: sizeText(compressedBytes), limit };
};

const NAMED_MAX = 3;

const findingsGate = ({ findings }: GatedImage, severity: Severity): GateResult => {
  const limit = `none of severity ${severity}${severity === 'high' ? '' : ' or more'}`;
  if (findings === null) {
    return { gate: 'findings', status: 'not judged', found: 'the Dockerfile was not read', limit };
  }
  const serious = findings.filter((finding) => isAtLeast(finding.severity, severity));
  if (serious.length === 0) return { gate: 'findings', status: 'passed', found: 'none', limit };
  const named = serious.slice(0, NAMED_MAX).map(({ rule, line }) => `${rule} in line ${line}`);
  const more = serious.length - named.length;
  const found = `${serious.length}: ${named.join(', ')}${more > 0 ? `, ${more} more` : ''}`;
  return { gate: 'findings', status: 'failed', found, limit };
};

/** True when a scan names another image; a scan of files names none, and before a build there is none. */
const isOfOther = (scanned: readonly string[], image: readonly string[]): boolean =>
  scanned.length > 0 && image.length > 0 && !scanned.some((digest) => image.includes(digest));

const scanGate = (
  { scan, digests }: GatedImage,
  { severity, unfixed }: NonNullable<GateLimits['vulnerabilities']>,
): GateResult => {
  const gate = 'vulnerabilities';
  const orMore = severity === 'critical' ? '' : ' or more';
  const limit = `none of severity ${severity}${orMore}${unfixed === 'ignore' ? ' that has a fix' : ''}`;
  if (scan === null) {
    return { gate, status: 'not judged', found: 'there is no scan of this variant', limit };
  }
  const counts = unfixed === 'ignore' ? scan.fixable : scan.all;
  const from = SCAN_SEVERITIES.indexOf(severity);
  const serious = SCAN_SEVERITIES.slice(from)
    .toReversed()
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name]} ${name}`);
  const other = isOfOther(scan.digests, digests) ? ', of another image' : '';
  const when = scan.scannedAt === null ? '' : ` ${scan.scannedAt.slice(0, 10)}`;
  const by = `; ${scan.tool}${when}${other}`;
  return serious.length === 0
    ? { gate, status: 'passed', found: `none${by}`, limit }
    : { gate, status: 'failed', found: `${serious.join(', ')}${by}`, limit };
};

/** The gates that can be judged before anything is placed, in a fixed order; none that nobody asked for. */
export const judgeImage = (image: GatedImage, limits: GateLimits): GateResult[] => [
  ...(limits.sizeBytes === null ? [] : [sizeGate(image, limits.sizeBytes)]),
  ...(limits.findings === null ? [] : [findingsGate(image, limits.findings)]),
  ...(limits.vulnerabilities === null ? [] : [scanGate(image, limits.vulnerabilities)]),
];

const percentText = (share: number): string => {
  const percent = 100 * share;
  return `${Number(percent.toPrecision(2))} %`;
};

/** The gate on failed probes of a variant, all regions and rounds together. */
export const judgeErrors = (sent: number, failed: number, limitShare: number): GateResult => {
  const limit = `at most ${percentText(limitShare)} of the http probes`;
  if (sent === 0) {
    return { gate: 'errors', status: 'not judged', found: 'it was not probed', limit };
  }
  const found = `${percentText(failed / sent)} failed (${failed} of ${sent})`;
  return {
    gate: 'errors',
    status: failed / sent <= limitShare ? 'passed' : 'failed',
    found,
    limit,
  };
};

export const failedGates = (gates: readonly GateResult[]): GateResult[] =>
  gates.filter(({ status }) => status === 'failed');

/** `size 132 MB (at most 100 MB compressed)` */
export const gateText = ({ gate, found, limit }: GateResult): string =>
  `${gate} ${found} (${limit})`;

/** Why a variant with these gates is not ranked; undefined when it may be. */
export const gateReason = (gates: readonly GateResult[]): string | undefined => {
  const failed = failedGates(gates);
  if (failed.length === 0) return undefined;
  return `${failed.length === 1 ? 'gate' : 'gates'} failed: ${failed.map(gateText).join('; ')}`;
};

/** What speaks against promoting a variant with these gates: also a gate that nobody could judge. */
export const gateObjections = (gates: readonly GateResult[]): string[] =>
  gates
    .filter(({ status }) => status !== 'passed')
    .map((result) =>
      result.status === 'failed'
        ? gateText(result)
        : `${result.gate} not judged, ${result.found} (${result.limit})`,
    );

const UNKNOWN: GatedImage = { compressedBytes: null, digests: [], findings: null, scan: null };

/** Every gate that was asked for, with its limit: `size: at most 100.0 MB compressed`. */
export const gatesAsked = (limits: GateLimits): string[] =>
  [
    ...judgeImage(UNKNOWN, limits),
    ...(limits.errors === null ? [] : [judgeErrors(0, 0, limits.errors)]),
  ].map(({ gate, limit }) => `${gate}: ${limit}`);
