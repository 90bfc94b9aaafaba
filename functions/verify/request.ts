/** A real request to the service by its name, at the address that DNS answered with. */
import type { RequestShape } from '../../events/failoverEvidence.ts';
import type { WatchTarget } from '../../events/watchPlan.ts';
import type { HttpTarget } from '../../probes/http.ts';
import type { Clock } from '../_entry.ts';
import type { Outside } from '../_outside.ts';
import { canonicalAddress } from './askRound.ts';

const TIMEOUT_MS = 2_000;
const HTTP_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Every value that the record may answer with while a region is active. */
const valuesOf = ({ answers }: WatchTarget): string[] =>
  [
    ...[...(answers.A ?? []), ...(answers.AAAA ?? []), ...(answers.CNAME ?? [])],
    ...(answers.alias === undefined ? [] : [answers.alias.name]),
  ].map(canonicalAddress);

/** The target that an answered value belongs to, so that requests go nowhere else. */
export const ownerOf = (targets: readonly WatchTarget[], value: string): WatchTarget | undefined =>
  targets.find((target) => valuesOf(target).includes(value));

const httpTargetOf = (record: string, address: string, { url }: WatchTarget): HttpTarget => {
  const { protocol, port, pathname, search } = new URL(url);
  const number = port === '' ? (HTTP_PORTS[protocol] ?? 80) : Number(port);
  return {
    host: address,
    port: number,
    path: `${pathname}${search}`,
    headers: { host: number === HTTP_PORTS[protocol] ? record : `${record}:${number}` },
    expectStatus: '2xx',
    // The certificate must cover the name that clients use.
    ...(protocol === 'https:' ? { tls: { serverName: record } } : {}),
  };
};

/** `eu-west-1/slim` or `eu-west-1`: the region that an answer names, where it names one. */
const namedRegion = (
  detail: Readonly<Record<string, string | number>> | undefined,
  targets: readonly WatchTarget[],
): string | null => {
  const region = detail?.['region'];
  if (region !== undefined) return String(region).slice(0, 100);
  const [served] = String(detail?.['servedBy'] ?? '').split(/[/;,\s]/);
  return targets.some((target) => target.region === served) ? (served ?? null) : null;
};

export type Asking = {
  readonly record: string;
  readonly targets: readonly WatchTarget[];
  /** The value that DNS gave. */
  readonly address: string;
  readonly owner: WatchTarget;
};

/**
 * A service that names its region in `X-Region` (or `X-Served-By`) proves it. Of one that names
 * none, the address is the proof: it belongs to one region of the plan only.
 */
export const requestByName = async (
  { record, targets, address, owner }: Asking,
  { clock, probe }: { readonly clock: Pick<Clock, 'now'> } & Pick<Outside, 'probe'>,
  signal: AbortSignal,
): Promise<RequestShape> => {
  const outcome = await probe(httpTargetOf(record, address, owner), {
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const { protocol, port, pathname } = new URL(owner.url);
  const url = `${protocol}//${record}${port === '' ? '' : `:${port}`}${pathname}`;
  const asked = { url, address, atMs: clock.now(), ms: outcome.totalMs };
  if (!outcome.ok) {
    const detail = `${outcome.reason}: ${outcome.detail}`.slice(0, 500);
    return { ...asked, ok: false, status: null, region: null, proof: null, detail };
  }
  const named = namedRegion(outcome.detail, targets);
  return {
    ...asked,
    ok: true,
    status: Number(outcome.detail?.['status'] ?? 0),
    region: named ?? owner.region,
    proof: named === null ? 'address' : 'header',
    detail: null,
  };
};
