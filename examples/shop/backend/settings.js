import os from 'node:os';
import path from 'node:path';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const PORT_MAX = 65_535;

const here = import.meta.dirname;

const portOf = (text) => {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new Error(`PORT is "${text}". Set it to a whole number from 0 to ${PORT_MAX}.`);
  }
  return port;
};

const logLevelOf = (text) => {
  if (!LOG_LEVELS.includes(text)) {
    throw new Error(`LOG_LEVEL is "${text}". Set it to one of ${LOG_LEVELS.join(', ')}.`);
  }
  return text;
};

/** Reads every setting from the environment, once, so that a mistake stops the start. */
export const settingsFrom = (env) => {
  const port = portOf(env.PORT ?? '8080');
  const host = env.HOST ?? '0.0.0.0';
  return {
    host,
    port,
    /** Set behind nginx: a path instead of an address, so that no second port is taken. */
    socketPath: env.SOCKET_PATH,
    logLevel: logLevelOf(env.LOG_LEVEL ?? 'info'),
    seedFile: env.SEED_FILE ?? path.join(here, 'data/products.ndjson'),
    dataDir: env.DATA_DIR ?? path.join(os.tmpdir(), `shop-${host}-${port}`),
    /** Folder of the built frontend; without it the backend answers the API only. */
    publicDir: env.PUBLIC_DIR && path.resolve(env.PUBLIC_DIR),
    servedBy: `${env.AWS_REGION ?? 'local'}; image=${env.IMAGE_DIGEST ?? 'none'}`,
  };
};
