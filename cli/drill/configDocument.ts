/** The configuration as it is stored for the functions, with the sources of its image. */
import { createHash } from 'node:crypto';
import type { openDocuments } from '../../aws/documents.ts';
import type { CheckedConfig } from '../config/validate.ts';
import { readDockerfile } from '../dockerfile/read.ts';
import type { PackedSource } from '../source.ts';

export type StoredConfig = {
  /** Names the content, so the same is stored once. */
  readonly key: string;
  readonly document: unknown;
  readonly source: { readonly key: string; readonly packed: PackedSource } | undefined;
};

/** `written` is what the file says, as functions shall read it; `packed` the build context, where there is one. */
export const configDocument = (
  { config, dockerfile, scanned }: CheckedConfig,
  written: unknown,
  packed: PackedSource | undefined,
): StoredConfig => {
  const { image } = config;
  const source = packed && { key: `source/${packed.sha256}.zip`, packed };
  const document = {
    config: written,
    ...(source ? { source: { key: source.key, sha256: source.packed.sha256 } } : {}),
    ...(dockerfile ? { dockerfile: readDockerfile(dockerfile.text, image?.dockerfile ?? '') } : {}),
    scans: scanned.scans,
  };
  const hash = createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16);
  return { key: `config/${config.service}/${hash}.json`, document, source };
};

/** The sources first: a configuration that can be read has its sources. */
export const storeDocument = async (
  documents: Pick<ReturnType<typeof openDocuments>, 'write' | 'writeFile'>,
  { key, document, source }: StoredConfig,
): Promise<void> => {
  if (source) await documents.writeFile(source.key, source.packed.zip, 'application/zip');
  await documents.write(key, document);
};
