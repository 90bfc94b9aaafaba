/** Whether a configuration can be watched: faults that a drill does not care about. */

import type { CheckedConfig } from '../config/validate.ts';
import { Faults } from '../failure.ts';

/** Where people ask for the record unless the configuration says so. */
export const DNS_LISTEN = '127.0.0.1:5300';

const PORT_MAX = 65_535;

export type Watchable = CheckedConfig & {
  readonly record: string;
  readonly dnsListen: { readonly host: string; readonly port: number };
  /** Whether the regions run the image here, instead of being somebody else's endpoints. */
  readonly runsImage: boolean;
};

type Told = (at: readonly PropertyKey[], message: string) => string;

const listenOf = (text: string): { host: string; port: number } => {
  const [host = '', port = ''] = text.split(':');
  return { host, port: Number(port) };
};

const listenFaults = (listen: string, told: Told): string[] => {
  const { host, port } = listenOf(listen);
  const at = ['dns', 'listen'];
  if (!host.startsWith('127.')) {
    return [
      told(at, `dns.listen: ${listen} is no loopback address. Use one such as ${DNS_LISTEN}`),
    ];
  }
  return port <= PORT_MAX ? [] : [told(at, `dns.listen: port ${port} is above ${PORT_MAX}`)];
};

const recordFaults = ({ config }: CheckedConfig, told: Told): string[] => {
  const { record, dns } = config;
  if (record === undefined) {
    return [
      told(
        [],
        'record is missing: a watch needs the name that fails over, such as www.example.com',
      ),
    ];
  }
  const { zone } = dns;
  if (zone === undefined || record === zone || record.endsWith(`.${zone}`)) return [];
  return [
    told(['record'], `record ${record} is not in dns.zone ${zone}: name one that ends in .${zone}`),
  ];
};

/** Each region is reached at its endpoint, or runs the image. */
const targetFaults = ({ config }: CheckedConfig, told: Told): string[] => {
  if (config.image !== undefined) return [];
  return (['primary', 'standby'] as const).flatMap((role) => {
    const region = config.regions[role];
    if ('endpoint' in region && region.endpoint !== undefined) return [];
    return [
      told(
        ['regions', role],
        `regions.${role}: nothing tells where ${region.name} is reached. Give it an endpoint: { name: ${region.name}, endpoint: "https://…/health" }, or the service an image`,
      ),
    ];
  });
};

/** @throws Faults `ConfigInvalid` with a line for each fault. */
export const checkWatch = (checked: CheckedConfig): Watchable => {
  const { config, file, lineOf } = checked;
  const told: Told = (at, message) => `${file}:${lineOf(at)}: ${message}`;
  const listen = config.dns.listen ?? DNS_LISTEN;
  const faults = [
    ...recordFaults(checked, told),
    ...targetFaults(checked, told),
    ...listenFaults(listen, told),
  ];
  const { record } = config;
  if (faults.length > 0 || record === undefined) throw new Faults('ConfigInvalid', faults);
  return {
    ...checked,
    record,
    dnsListen: listenOf(listen),
    runsImage: config.image !== undefined,
  };
};
