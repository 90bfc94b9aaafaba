import fs from 'node:fs';
import { createApp } from './app.js';
import { openProductTable } from './productTable.js';
import { settingsFrom } from './settings.js';

const SHUTDOWN_MS_MAX = 8_000;

const settings = settingsFrom(process.env);
const table = openProductTable(settings);
const app = createApp({ settings, table });

const stop = async (signal) => {
  app.log.info({ signal }, 'stopping');
  // A client that never finishes its request must not keep the process alive.
  setTimeout(() => process.exit(1), SHUTDOWN_MS_MAX).unref();
  await app.close();
  table.close();
};

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);

if (settings.socketPath) {
  fs.rmSync(settings.socketPath, { force: true });
  await app.listen({ path: settings.socketPath });
} else {
  await app.listen({ host: settings.host, port: settings.port });
}
