/** One look at each endpoint as the watch begins, for mistakes that only its owner can mend. */
import http from 'node:http';
import https from 'node:https';
import type { Config } from '../../events/config.ts';

/** What an endpoint says to a request that follows no redirect. */
type Look =
  | { readonly status: number; readonly location: string | undefined }
  | { readonly error: NodeJS.ErrnoException };

const lookAt = (url: string, timeoutMs: number): Promise<Look> =>
  new Promise((resolve) => {
    const client = url.startsWith('https:') ? https : http;
    const request = client.get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', (error) => resolve({ error }));
  });

/** Codes of Node and OpenSSL for a certificate that is not accepted. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;

const isRedirect = (status: number): boolean => status >= 300 && status < 400;
const isWell = (status: number): boolean => status >= 200 && status < 300;

const faultIn = (look: Look): string | undefined => {
  if ('error' in look) {
    const { code = '', message } = look.error;
    return CERTIFICATE.test(code)
      ? `its certificate is not accepted: ${message}. It counts as down until it has one for its name`
      : `it does not answer: ${message}`;
  }
  const { status, location } = look;
  if (isWell(status)) return undefined;
  return isRedirect(status)
    ? `it redirects (${status}${location === undefined ? '' : ` to ${location}`}), which counts as down: name the URL that answers 200 itself`
    : `it answers ${status}, which counts as down`;
};

/** What is wrong with the endpoints now, a line each; none for those that are well. */
export const lookAtEndpoints = async (
  { regions }: Pick<Config, 'regions'>,
  timeoutMs: number,
): Promise<string[]> => {
  const found = (['primary', 'standby'] as const).map(async (role) => {
    const region = regions[role];
    if (!('endpoint' in region) || region.endpoint === undefined) return [];
    const fault = faultIn(await lookAt(region.endpoint, timeoutMs));
    return fault === undefined ? [] : [`${role} ${region.name} ${region.endpoint}: ${fault}`];
  });
  return (await Promise.all(found)).flat();
};
