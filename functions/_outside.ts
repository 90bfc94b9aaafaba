/** How functions reach what is no AWS service: over sockets, unless whoever runs them has another way. */
import type { askServer } from '../probes/dnsExchange.ts';
import type { httpProbe } from '../probes/http.ts';
import type { delegatedServers } from './verify/nameServers.ts';

export type Outside = {
  readonly probe: typeof httpProbe;
  readonly askServer: typeof askServer;
  readonly delegatedServers: typeof delegatedServers;
};
