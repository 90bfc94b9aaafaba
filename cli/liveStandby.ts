/** What the regions' own endpoints show today, for `failover check --live`. */
import { driftsOf } from '../core/regions/drift.ts';
import type { LiveStandby } from '../events/checkOutput.ts';
import type { Config } from '../events/config.ts';
import { certificateAt } from '../functions/_certificateAt.ts';
import { readCertificate } from '../probes/certificate.ts';

type Seen = NonNullable<Awaited<ReturnType<typeof certificateAt>>>;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export const readLiveStandby = async (
  { regions, record: name }: Config,
  nowMs: number,
  signal: AbortSignal,
): Promise<LiveStandby> => {
  const record = name ?? null;
  const notMeasured: LiveStandby['notMeasured'] = [];
  const look = async (region: string, endpoint: string | undefined): Promise<Seen | null> => {
    try {
      return (await certificateAt(readCertificate, endpoint, record, signal)) ?? null;
    } catch (error) {
      signal.throwIfAborted();
      notMeasured.push({ what: `certificate in ${region}`, why: messageOf(error) });
      return null;
    }
  };
  const [primary, standby] = await Promise.all(
    [regions.primary, regions.standby].map(async (one) => ({
      region: one.name,
      service: null,
      certificate: await look(
        one.name,
        'endpoint' in one && typeof one.endpoint === 'string' ? one.endpoint : undefined,
      ),
    })),
  );
  const sides = [primary, standby].filter((side) => side !== undefined);
  const drifts =
    primary && standby
      ? driftsOf({ checkedAtMs: nowMs, primary, standby, environment: null, notMeasured }, record)
      : [];
  return {
    certificates: sides.flatMap(({ region, certificate }) =>
      certificate
        ? [
            {
              ...{ region, host: certificate.host, names: certificate.names },
              expiresAt: new Date(certificate.expiresAtMs).toISOString(),
            },
          ]
        : [],
    ),
    drifts: [...drifts],
    notMeasured,
  };
};

/** Whether anything is wrong, or could not be seen though the configuration names it. */
export const isTroubled = ({ drifts, notMeasured }: LiveStandby): boolean =>
  drifts.length + notMeasured.length > 0;

export const liveLines = ({ certificates, drifts, notMeasured }: LiveStandby): string[] => {
  const lines = [
    ...certificates.map(
      ({ region, host, names, expiresAt }) =>
        `certificate in ${region}: ${host} until ${expiresAt.slice(0, 10)}, for ${names.join(', ')}`,
    ),
    ...drifts.map(({ of, where, what }) => `DRIFT ${of} in ${where}: ${what}`),
    ...notMeasured.map(({ what, why }) => `NOT SEEN ${what}: ${why}`),
  ];
  if (lines.length === 0) return ['live       no region has an https endpoint to look at'];
  return lines.map((line, at) => `${at === 0 ? 'live       ' : '           '}${line}`);
};
