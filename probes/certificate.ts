/** The certificate that a server shows for a name, whether or not a client would trust it. */
import { isIP } from 'node:net';
import { connect, type PeerCertificate } from 'node:tls';

export type Certificate = {
  /** Names and addresses it is for. */
  readonly names: string[];
  readonly expiresAtMs: number;
  /** Why it is not trusted, the name apart; null when it is. */
  readonly distrust: string | null;
};

export type TlsTarget = {
  readonly host: string;
  readonly port: number;
  /** The name that a client would ask for; undefined for that of the host. */
  readonly serverName?: string;
};

/** Faults of the name are told by the names themselves. */
const NAME_FAULT = 'ERR_TLS_CERT_ALTNAME_INVALID';

const namesOf = ({ subjectaltname = '', subject }: PeerCertificate): string[] => {
  const alternatives = subjectaltname
    .split(', ')
    .flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? []);
  if (alternatives.length > 0) return alternatives;
  return [subject?.CN ?? []].flat();
};

const codeOf = (error: unknown): string => {
  if (error instanceof Error) return 'code' in error ? String(error.code) : error.message;
  return String(error);
};

/** Rejects when there is no TLS server, or not in time. Nothing is sent to it but the handshake. */
export const readCertificate = (
  { host, port, serverName }: TlsTarget,
  signal: AbortSignal,
): Promise<Certificate> =>
  new Promise((resolve, reject) => {
    const asked = serverName ?? host;
    const socket = connect({
      ...{ host, port },
      ...(isIP(asked) === 0 ? { servername: asked } : {}),
      // What a client would refuse is what has to be told of.
      rejectUnauthorized: false,
    });
    const onAbort = (): void => {
      socket.destroy(new Error(`no certificate from ${host}:${port} in time`));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', reject);
    socket.on('close', () => signal.removeEventListener('abort', onAbort));
    socket.on('secureConnect', () => {
      const shown = socket.getPeerCertificate();
      const fault = socket.authorizationError;
      const code = fault ? codeOf(fault) : null;
      socket.end();
      resolve({
        names: namesOf(shown),
        expiresAtMs: Date.parse(shown.valid_to),
        distrust: code === NAME_FAULT || code === 'CERT_HAS_EXPIRED' ? null : code,
      });
    });
    if (signal.aborted) onAbort();
  });
