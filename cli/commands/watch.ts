/** `failover watch`: watches a service in two regions, answers for its record, and fails over. */
import { SINGLE_VANTAGE_WORDS } from '../../core/health/verdict.ts';
import { WatchReady } from '../../events/watchOutput.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import { loadConfig } from '../config/load.ts';
import { checkConfig } from '../config/validate.ts';
import { dataFolder } from '../dataFolder.ts';
import { webhookFrom } from '../drill/webhook.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { portOf } from '../portOption.ts';
import { checkWatch, type Watchable } from '../watch/checkWatch.ts';
import { openControl } from '../watch/control.ts';
import { createFacts } from '../watch/facts.ts';
import { lookAtEndpoints } from '../watch/firstLook.ts';
import { blockView, type Live, lineView } from '../watch/live.ts';
import { openWatchSession, type WatchSession } from '../watch/session.ts';
import { openStatus } from '../watch/status.ts';

export type WatchCommandOptions = {
  readonly config: string;
  readonly data?: string;
  readonly port: string;
  readonly install: boolean;
  readonly enforceIam?: boolean;
};

const readyOf = ({ config, record, dnsListen }: Watchable, session: WatchSession): WatchReady => ({
  ready: true,
  service: config.service,
  record,
  dns: `${dnsListen.host}:${dnsListen.port}`,
  primary: config.regions.primary.name,
  standby: config.regions.standby.name,
  observers: [...config.observers],
  endpoint: session.cloud.endpoint,
  pid: process.pid,
});

const readyLines = ({
  service,
  primary,
  standby,
  record,
  dns,
  observers,
}: WatchReady): string[] => [
  `${service} · watching ${primary} → ${standby} · ${record} is answered at ${dns}`,
  `  dig @${dns.replace(':', ' -p ')} ${record}`,
  ...(observers.length === 0 ? [`  ${SINGLE_VANTAGE_WORDS}`] : []),
  '  Ctrl-C ends it; it goes on from where it was at the next start.',
];

const tellEndpoints = async ({ config }: Watchable, output: Output): Promise<void> => {
  const timeoutMs = config.health?.timeout ?? 2_000;
  for (const line of await lookAtEndpoints(config, timeoutMs)) output.note(line);
};

const liveFor = (
  output: Output,
  session: WatchSession,
  { config, dnsListen }: Watchable,
  facts: ReturnType<typeof createFacts>,
  signal: AbortSignal,
): { live: Live; close(): void } => {
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  if (output.json || !process.stdout.isTTY) {
    return { live: lineView(write, output.json, signal), close: () => undefined };
  }
  const { homeRegion, plan } = session.installation;
  const { endpoint, network } = session.cloud;
  const statuses = openStatus({
    ...{ service: config.service, homeRegion, controllers: plan.controllers ?? null },
    sdkIn: (region) => ({ endpoint, region, credentials: CREDENTIALS }),
  });
  const live = blockView({
    ...{ statuses, signal, stream: process.stdout, style: output.style },
    dns: [`${dnsListen.host}:${dnsListen.port}`],
    faults: network.faults,
    facts: facts.all,
  });
  return { live, close: statuses.close };
};

const watchUntil = async (
  session: WatchSession,
  watchable: Watchable,
  facts: ReturnType<typeof createFacts>,
  output: Output,
  signal: AbortSignal,
): Promise<void> => {
  const ready = readyOf(watchable, session);
  if (output.json) process.stdout.write(`${JSON.stringify(WatchReady.parse(ready))}\n`);
  else for (const line of readyLines(ready)) process.stdout.write(`${line}\n`);
  for (const warning of session.installation.warnings) output.note(`  ${warning}`);
  const { live, close } = liveFor(output, session, watchable, facts, signal);
  facts.tellTo(live.tell);
  try {
    await Promise.all([live.run(), tellEndpoints(watchable, output)]);
  } finally {
    close();
  }
};

export const watch = async (
  options: WatchCommandOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const port = portOf(options.port);
  const watchable = checkWatch(checkConfig(loadConfig(options.config)));
  const dataDir = dataFolder(options.data, process.env);
  const facts = createFacts();
  const webhook = webhookFrom(process.env);
  let session: WatchSession;
  try {
    session = await openWatchSession(
      watchable,
      {
        ...{ dataDir, port, webhook },
        allowInstall: options.install,
        enforceIam: options.enforceIam ?? false,
        onEvent: facts.hear,
        note: (line) => output.note(line),
      },
      signal,
    );
  } catch (error) {
    if (signal.aborted) return EXIT.ok;
    throw error;
  }
  try {
    const control = await openControl({
      ...{ dataDir, network: session.cloud.network, facts: facts.all },
      service: watchable.config.service,
      homeRegion: session.installation.homeRegion,
      controllers: session.installation.plan.controllers ?? null,
      dns: `${watchable.dnsListen.host}:${watchable.dnsListen.port}`,
    });
    try {
      await watchUntil(session, watchable, facts, output, signal);
    } finally {
      await control.close();
    }
  } finally {
    await session.close();
  }
  return EXIT.ok;
};
