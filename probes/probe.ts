/** Why a probe failed. Names are part of stored records, as `http.timeout`; none changes its meaning. */
export type FailureReason =
  /** No complete answer within the time allowed. */
  | 'timeout'
  /** The caller gave up. */
  | 'aborted'
  | 'refused'
  | 'reset'
  /** The other end closed before its answer was complete. */
  | 'closed'
  /** No route to the address. */
  | 'unreachable'
  /** This machine ran out of ports, descriptors or the like: it says nothing about the target. */
  | 'local'
  /** The name was not resolved. */
  | 'dns'
  | 'tls'
  /** Of TLS: a certificate that is over, of another name, or that nobody vouches for. */
  | 'certificate'
  /** The answer breaks the protocol, or a bound on its size. */
  | 'protocol'
  /** Not the status expected; of DNS: not the response code expected. */
  | 'status'
  /** Another address was named where any 2xx was expected. */
  | 'redirect'
  | 'header'
  /** Not the content expected; of DNS: not the records expected. */
  | 'body'
  /** What was written could not be read back. */
  | 'mismatch'
  /** A store refused a call, or failed in it. */
  | 'store';

/** Parts of the time of one probe, in milliseconds; their names end in `Ms`. */
export type Phases = Readonly<Record<string, number>>;

export type ProbeOutcome =
  | {
      readonly ok: true;
      /** They sum to `totalMs`. What did not take place, as a lookup of an address, is left out. */
      readonly phases: Phases;
      /** From the start of the probe to the end of the answer. */
      readonly totalMs: number;
      /** Measured beside the phases, and no part of the total: how stale a replica was. */
      readonly apart?: Phases;
      readonly detail?: Readonly<Record<string, string | number>>;
    }
  | {
      readonly ok: false;
      readonly reason: FailureReason;
      readonly totalMs: number;
      /** What was found, for people. */
      readonly detail: string;
    };

export type ProbeOptions = {
  /** For the whole probe, from its start to the end of the answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** One measurement of one target. A failure is a result; it rejects only for a target that is wrong. */
export type Probe<Target> = (target: Target, options: ProbeOptions) => Promise<ProbeOutcome>;

export const failure = (
  reason: FailureReason,
  totalMs: number,
  detail: string,
): Extract<ProbeOutcome, { ok: false }> => ({ ok: false, reason, totalMs, detail });

const REASON_OF_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  ETIMEDOUT: 'timeout',
  EADDRNOTAVAIL: 'local',
  EADDRINUSE: 'local',
  EMFILE: 'local',
  ENFILE: 'local',
  ENOBUFS: 'local',
  ENOMEM: 'local',
  EPERM: 'local',
  EACCES: 'local',
};

/** How Node names what is wrong with a certificate (tls, "X509 certificate error codes"). */
const CERTIFICATE_CODE =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)|PATH_LENGTH)/;

/** The reason behind a system error; `otherwise` for what is none, as an error of a TLS handshake. */
export const reasonOf = (error: unknown, otherwise: FailureReason): FailureReason => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (otherwise === 'tls' && CERTIFICATE_CODE.test(code)) return 'certificate';
  return REASON_OF_CODE[code] ?? otherwise;
};

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);
