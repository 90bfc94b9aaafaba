import type { HttpTarget } from '../probes/http.ts';

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** A probe of a URL as it is written, on a fresh connection. Only 2xx is well. */
export const httpTargetOf = (url: string, serverName: string | null = null): HttpTarget => {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return {
    host,
    port: port === '' ? (PORTS[protocol] ?? 80) : Number(port),
    path: `${pathname}${search}`,
    expectStatus: '2xx',
    ...(serverName === null ? {} : { headers: { host: serverName } }),
    ...(protocol === 'https:' ? { tls: serverName === null ? {} : { serverName } } : {}),
  };
};
