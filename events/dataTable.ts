import type { Config } from './config.ts';

/** The table of the service that carries its data and the heartbeats; null where no probe names one. */
export const dataTableOf = ({ probes }: Pick<Config, 'probes'>): string | null =>
  probes.find((probe) => probe.kind === 'database')?.table ?? null;

/** What the templates are told of it. */
export const dataTableParams = (config: Pick<Config, 'probes'>): Record<string, string> => {
  const dataTable = dataTableOf(config);
  return dataTable === null ? {} : { dataTable };
};
