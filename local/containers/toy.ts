import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram, sharedLibraries } from './hostFiles.ts';
import type { ContainerEngine } from './types.ts';

const TOY_TIMEOUT_MS = 60_000;
const TOY_IMAGE = 'localhost/failover-drill/toy:1';

// Stage one runs a program, so that an engine that can only copy files does not pass.
const DOCKERFILE = `FROM scratch AS first
COPY root/ /
RUN ["/bin/true"]
FROM scratch
COPY --from=first /bin/true /proof
`;

/** Writes a context that needs no base image: `true` of this machine and what it loads. */
const writeContext = async (folder: string): Promise<void> => {
  const program = findProgram('true');
  if (!program) throw new Error('this machine has no program "true"');
  const { found } = await sharedLibraries([program]);
  const put = async (from: string, to: string) => {
    const target = path.join(folder, 'root', to);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(from, target);
  };
  await put(program, '/bin/true');
  for (const library of found) await put(library.real, library.path);
  await writeFile(path.join(folder, 'Dockerfile'), DOCKERFILE);
};

/**
 * Proves an engine by building a two-stage image without any network.
 * @returns why it does not work, or undefined when it does.
 */
export const proveEngine = async (
  engine: ContainerEngine,
  scratch: string,
): Promise<string | undefined> => {
  const context = path.join(scratch, `toy-${engine.kind}`);
  const said: string[] = [];
  try {
    await rm(context, { recursive: true, force: true });
    await writeContext(context);
    await engine.build({
      context,
      dockerfile: path.join(context, 'Dockerfile'),
      buildArgs: {},
      tags: [TOY_IMAGE],
      onLine: (line) => said.push(line),
      signal: AbortSignal.timeout(TOY_TIMEOUT_MS),
    });
    const facts = await engine.inspect(TOY_IMAGE);
    return facts && facts.sizeBytes > 0 ? undefined : 'the toy image was built but is not there';
  } catch (error) {
    const last = said.findLast((line) => line.trim() !== '');
    return last ?? (error instanceof Error ? error.message : String(error));
  } finally {
    await rm(context, { recursive: true, force: true });
  }
};
