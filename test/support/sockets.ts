import type { Outside } from '../../functions/_outside.ts';
import { delegatedServers } from '../../functions/verify/nameServers.ts';
import { askServer } from '../../probes/dnsExchange.ts';
import { httpProbe } from '../../probes/http.ts';

/** The outside as a function on AWS reaches it. */
export const SOCKETS: Outside = { probe: httpProbe, askServer, delegatedServers };
