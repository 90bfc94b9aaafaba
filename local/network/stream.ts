import type { Socket } from 'node:net';
import type { Scheduler } from './scheduler.ts';

/** Bytes on their way in one direction before the sender is paused: 40 MB/s at 200 ms round trip. */
const IN_FLIGHT_BYTES_MAX = 4 * 1024 * 1024;

type Piece =
  | { readonly kind: 'data'; readonly dueMs: number; readonly bytes: Buffer }
  | { readonly kind: 'end'; readonly dueMs: number }
  | { readonly kind: 'reset'; readonly dueMs: number };

type Needs = {
  readonly scheduler: Scheduler;
  /** Delay of a piece sent now, with what lost packets add. */
  readonly delayMs: () => number;
  /** Packets in this direction arrive now. */
  readonly passes: () => boolean;
  readonly source: Socket;
  readonly sink: Socket;
  /** Takes what has arrived; without one it goes straight to the sink. */
  readonly arrive?: (bytes: Buffer) => void;
};

/** One direction of a relayed connection: a pipe that holds each piece until it is due, in order. */
export type DelayedStream = {
  send(bytes: Buffer): void;
  sendEnd(): void;
  sendReset(): void;
  /** Delivers what is due; call it when the state of the link has changed. */
  flush(): void;
};

export const createDelayedStream = (needs: Needs): DelayedStream => {
  const { scheduler, source, sink } = needs;
  const queue: Piece[] = [];
  let head = 0;
  let bytesHeld = 0;
  let lastDueMs = 0;
  let waitsForDrain = false;

  const deliver = (piece: Piece): void => {
    if (piece.kind === 'reset') {
      sink.resetAndDestroy();
      return;
    }
    if (!sink.writable) return;
    if (piece.kind === 'end') {
      sink.end();
      return;
    }
    bytesHeld -= piece.bytes.length;
    if (needs.arrive !== undefined) needs.arrive(piece.bytes);
    else sink.write(piece.bytes);
  };

  const flush = (): void => {
    const nowMs = performance.now();
    while (head < queue.length && !waitsForDrain && needs.passes()) {
      const piece = queue[head];
      if (piece === undefined || piece.dueMs > nowMs) break;
      head += 1;
      deliver(piece);
      if (sink.writableNeedDrain) {
        waitsForDrain = true;
        sink.once('drain', () => {
          waitsForDrain = false;
          flush();
        });
      }
    }
    if (head === queue.length || head > 1024) {
      queue.splice(0, head);
      head = 0;
    }
    if (source.isPaused() && bytesHeld < IN_FLIGHT_BYTES_MAX / 2) source.resume();
  };

  const dueNow = (): number => {
    lastDueMs = Math.max(lastDueMs, performance.now() + needs.delayMs());
    return lastDueMs;
  };

  const enqueue = (piece: Piece): void => {
    queue.push(piece);
    scheduler.at(piece.dueMs, flush);
  };

  return {
    send(bytes) {
      bytesHeld += bytes.length;
      enqueue({ kind: 'data', dueMs: dueNow(), bytes });
      if (bytesHeld > IN_FLIGHT_BYTES_MAX) source.pause();
    },
    sendEnd: () => enqueue({ kind: 'end', dueMs: dueNow() }),
    sendReset: () => enqueue({ kind: 'reset', dueMs: dueNow() }),
    flush,
  };
};
