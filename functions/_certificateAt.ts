/** The certificate at an endpoint, asked for by the name that fails over. */
import type { Certificate, readCertificate } from '../probes/certificate.ts';

const TIMEOUT_MS = 5_000;
const HTTPS_PORT = 443;

/** Undefined for an endpoint without TLS; rejects when none is shown in time. */
export const certificateAt = async (
  certificateOf: typeof readCertificate,
  endpoint: string | undefined,
  record: string | null,
  signal: AbortSignal,
): Promise<(Certificate & { host: string }) | undefined> => {
  const url = endpoint === undefined ? undefined : new URL(endpoint);
  if (url?.protocol !== 'https:') return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? HTTPS_PORT : Number(url.port);
  const target = { host, port, ...(record === null ? {} : { serverName: record }) };
  return { host, ...(await certificateOf(target, limit)) };
};
