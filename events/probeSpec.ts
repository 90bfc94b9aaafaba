import * as z from 'zod';
import type { ProbeConfig } from './config.ts';
import { Ms } from './region.ts';

/** One kind of probe with its settings in plain numbers, as the `probe` function gets it. */
export const ProbeSpec = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('http'),
    path: z.string(),
    expectStatus: z.int(),
    timeoutMs: Ms,
  }),
  z.strictObject({ kind: z.literal('tcp'), timeoutMs: Ms }),
  z.strictObject({ kind: z.literal('dns'), name: z.string(), timeoutMs: Ms }),
  z.strictObject({ kind: z.literal('database'), table: z.string(), timeoutMs: Ms }),
]);
export type ProbeSpec = z.output<typeof ProbeSpec>;

const specsOf = (probe: ProbeConfig, record: string | undefined): ProbeSpec[] => {
  const timeoutMs = probe.timeout;
  switch (probe.kind) {
    case 'http':
      return [{ kind: 'http', path: probe.path, expectStatus: probe.expect, timeoutMs }];
    case 'tcp':
      return [{ kind: 'tcp', timeoutMs }];
    case 'dns':
      return record === undefined ? [] : [{ kind: 'dns', name: record, timeoutMs }];
    case 'database':
      return [{ kind: 'database', table: probe.table, timeoutMs }];
  }
};

/** Probes of the configuration; `dns` asks for the record, and is left out where there is none. */
export const probeSpecs = (
  probes: readonly ProbeConfig[],
  record: string | undefined,
): ProbeSpec[] => probes.flatMap((probe) => specsOf(probe, record));
