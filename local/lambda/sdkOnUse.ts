/** Leaves out of a bundle what of the AWS SDK no function on Lambda can come to. */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** What every operation of a service takes and gives, whichever of them a function calls. */
const SCHEMAS = /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;
const TEXT = /^const (_\w+) = ("[^"\\\n]*");$/gm;
const COMPUTED_KEY = /\[(_\w+)\]:/g;

/**
 * Schemas with the names of their traits in place. Reading `{ [_xN]: 'Tag' }` could do anything as far as esbuild knows,
 * so it keeps the schema of every operation of the service: for EC2, half a megabyte of which one call needs 3 %.
 */
export const withNamesInPlace = (code: string): string => {
  const texts = new Map([...code.matchAll(TEXT)].map(([, name, text]) => [name, text]));
  return code.replace(COMPUTED_KEY, (key, name: string) => {
    const text = texts.get(name);
    return text === undefined ? key : `${text}:`;
  });
};

const CHAIN = /^@aws-sdk\/credential-provider-node$/;
const NAMESPACE = 'lambda-credentials';
/** Lambda gives a function its credentials in the environment: profiles, SSO and metadata servers are a person's or EC2's. */
const CREDENTIALS = `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`;

/** Those files are a person's as well. Looking for them loads Node's promises of files, and takes the first call two reads. */
const CONFIG_FILES = /[\\/]shared-ini-file-loader[\\/]loadSharedConfigFiles\.js$/;
const NO_CONFIG_FILES = `
export { CONFIG_PREFIX_SEPARATOR } from './constants';
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });
`;

const BODY_LENGTH = /[\\/]util-body-length[\\/]calculateBodyLength\.js$/;
const READ_STREAM = /\bReadStream\b/g;

/** Asks for the class of streams from files when a body may be one: the first who does loads all kinds of streams. */
export const withFileStreamsLater = (code: string): string => {
  const [imports = '', ...rest] = code.split(/(?<=from "node:fs";)/);
  if (!READ_STREAM.test(imports)) return code;
  const others = imports.replace(/\bReadStream, /, '');
  return `import fs from "node:fs";\n${others}${rest.join('').replace(READ_STREAM, 'fs.ReadStream')}`;
};

/** Loaded by the SDK when an operation streams events, which none does that functions call. */
const EVENT_STREAMS = /^@smithy\/core\/event-streams$/;

/** Names that a bundle may ask for where it runs, besides Node's own modules: never there, and never needed. */
export const LEFT_OUT: readonly string[] = ['@smithy/core/event-streams'];

export const sdkOnUse: Plugin = {
  name: 'sdk-on-use',
  setup(build) {
    build.onLoad({ filter: SCHEMAS }, async ({ path }) => ({
      contents: withNamesInPlace(await readFile(path, 'utf8')),
      loader: 'js',
    }));
    build.onLoad({ filter: CONFIG_FILES }, () => ({ contents: NO_CONFIG_FILES, loader: 'js' }));
    build.onLoad({ filter: BODY_LENGTH }, async ({ path }) => ({
      contents: withFileStreamsLater(await readFile(path, 'utf8')),
      loader: 'js',
    }));
    build.onResolve({ filter: CHAIN }, ({ resolveDir }) => ({
      path: resolveDir,
      namespace: NAMESPACE,
      sideEffects: false,
    }));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => ({
      contents: CREDENTIALS,
      resolveDir: path,
    }));
    // What may be loaded later is wrapped, with all that it shares with the rest, and that runs slower.
    build.onResolve({ filter: EVENT_STREAMS }, ({ kind }) =>
      kind === 'dynamic-import' ? { external: true } : undefined,
    );
  },
};
