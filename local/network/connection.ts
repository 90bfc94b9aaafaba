import net, { type Socket } from 'node:net';
import { type CallState, lossDelayMs } from './faults.ts';
import { createHttpFaults } from './httpFaults.ts';
import type { Scheduler } from './scheduler.ts';
import { createDelayedStream, type DelayedStream } from './stream.ts';

type Needs = {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly httpFaults: boolean;
  readonly roundTripMs: number;
  /** What the faults make of the link now. */
  readonly link: () => CallState;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly onClose: () => void;
};

/** One relayed connection. */
export type Connection = {
  /** Follows a change of the link. */
  refresh(): void;
  reset(): void;
};

/** A caller that closed while its link is cut is forgotten after this time. */
const CUT_LINGER_MS = 30_000;

const feed = (source: Socket, stream: DelayedStream): void => {
  let ended = false;
  source.on('data', (bytes: Buffer) => stream.send(bytes));
  source.on('end', () => {
    ended = true;
    stream.sendEnd();
  });
  source.on('error', () => {});
  source.on('close', () => {
    if (!ended) stream.sendReset();
  });
};

/** Joins a caller with the service, each way with the delay and the faults of the link. */
export const relayConnection = (needs: Needs): Connection => {
  const { client, roundTripMs, link, scheduler, random } = needs;
  const upstream = new net.Socket({ allowHalfOpen: true });
  upstream.setNoDelay(true);
  let opened = false;

  const delayMs = (): number => {
    const { addMs, loss } = link();
    const wayMs = roundTripMs / 2 + addMs;
    return wayMs + lossDelayMs(loss, 2 * wayMs, random);
  };
  const back = createDelayedStream({
    scheduler,
    delayMs,
    passes: () => link().backPasses,
    source: upstream,
    sink: client,
  });
  const errorStatus = (): number | undefined => {
    const { errorShare, errorStatus: status } = link();
    return random() < errorShare ? status : undefined;
  };
  const pass = (bytes: Buffer): void => {
    upstream.write(bytes);
  };
  const forward = createDelayedStream({
    scheduler,
    delayMs,
    passes: () => opened && link().toPasses,
    source: client,
    sink: upstream,
    ...(needs.httpFaults
      ? { arrive: createHttpFaults({ errorStatus, pass, answer: back.send }) }
      : {}),
  });

  const open = (): void => {
    if (opened || !link().toPasses) return;
    opened = true;
    upstream.connect(needs.target);
  };
  const reset = (): void => {
    client.resetAndDestroy();
    upstream.resetAndDestroy();
  };

  feed(client, forward);
  feed(upstream, back);
  client.once('end', () => {
    const { toPasses, backPasses } = link();
    if (!toPasses || !backPasses) setTimeout(reset, CUT_LINGER_MS).unref();
  });
  client.once('close', () => {
    needs.onClose();
    if (!opened || !link().toPasses) upstream.destroy();
  });
  open();
  return {
    refresh() {
      if (link().refuses) reset();
      open();
      forward.flush();
      back.flush();
    },
    reset,
  };
};
