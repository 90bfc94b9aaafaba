/**
 * The process that a simulation runs in. Code that asks for the time, a timer, a random number or a
 * file gets those of the simulated world, whoever wrote it: SDK clients have clocks of their own. What
 * would reach the real world is refused, and noted even if the refusal is caught.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import type { Random } from '../../core/random.ts';
import type { Clock } from '../../local/clock.ts';
import type { VirtualClock } from '../../local/virtualClock.ts';
import { createDisk } from './disk.ts';
import { patchMiddleware } from './middleware.ts';
import { timeoutSignals } from './timeoutSignals.ts';

export type VirtualProcess = {
  /** What tried to reach the real world, in the order of trying. */
  readonly touched: readonly string[];
  /** Gives the process back as it was. */
  leave(): void;
};

/** The own ones of the process, whatever they are replaced by during a run. */
const { nextTick } = process;
const nextTurn = setImmediate;

/**
 * How the clock of a run finds out that there is nothing else to do. Files and sockets are those of
 * the simulation, so promises are all that is waited for: they have settled when a tick comes, and
 * the clock hears of what is put off to a later tick or turn.
 */
export const IN_PROCESS = {
  turn: (): Promise<void> => new Promise((resolve) => nextTick(resolve)),
  quietTurns: 1,
};

/** Signals and messages to the process, and garbage, are looked after between turns only. */
export const loopTurn = (): Promise<void> => new Promise((resolve) => nextTurn(resolve));

type Needs = { readonly clock: VirtualClock; readonly random: Random };
type Undo = () => void;
export type Patch = (target: object, key: string, value: unknown) => void;

const require = createRequire(import.meta.url);

/** Ways out of the process, by module. Whoever simulates passes functions in their place. */
const SHUT: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['connect', 'createConnection', 'createServer'],
  'node:tls': ['connect', 'createServer'],
  'node:dgram': ['createSocket'],
  'node:http': ['request', 'get', 'createServer'],
  'node:https': ['request', 'get', 'createServer'],
  'node:child_process': ['spawn', 'spawnSync', 'exec', 'execFile', 'execFileSync', 'fork'],
  'node:dns': ['lookup', 'resolve'],
  'node:dns/promises': ['lookup', 'resolve', 'Resolver'],
};

/** Files that are read or written behind the back of the event loop finish when they like. */
const SHUT_FILES = [
  'access',
  'appendFile',
  'copyFile',
  'cp',
  'lstat',
  'mkdtemp',
  'unlink',
  'watch',
];

/** `Date` with another now. A function costs a tenth of what a proxy does, and dates are made often. */
const virtualDate = (clock: Clock): DateConstructor => {
  const Real = Date;
  function VirtualDate(...values: unknown[]): Date | string {
    const type = new.target;
    if (type === undefined) return new Real(clock.now()).toString();
    return Reflect.construct(Real, values.length === 0 ? [clock.now()] : values, type);
  }
  const now = (): number => Math.floor(clock.now());
  const own = { ...Object.getOwnPropertyDescriptors(Real), now: { value: now } };
  return Object.defineProperties(VirtualDate, own) as unknown as DateConstructor;
};

/** As far as anybody looks at what `setTimeout` gives back. */
const timerOf = (cancel: () => void) => {
  const timer = {
    ref: () => timer,
    unref: () => timer,
    hasRef: () => true,
    close: () => cancel(),
    cancel,
  };
  return timer;
};

const virtualTimers = (clock: Clock) => {
  const setTimer = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    timerOf(clock.after(Math.max(1, Number(ms) || 0), () => callback(...args)));
  const setRepeating = (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    let cancel = (): void => {};
    const arm = (): void => {
      cancel = clock.after(Math.max(1, Number(ms) || 0), () => {
        arm();
        callback(...args);
      });
    };
    arm();
    return timerOf(() => cancel());
  };
  const clear = (timer: unknown): void => {
    if (typeof timer !== 'object' || timer === null) return;
    const cancel: unknown = Reflect.get(timer, 'cancel');
    if (typeof cancel === 'function') cancel();
  };
  return { setTimer, setRepeating, clear };
};

const promisedTimer =
  (clock: Clock) =>
  <T>(ms = 0, value?: T, options: { signal?: AbortSignal } = {}): Promise<T | undefined> =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      const aborted = () => new DOMException('The operation was aborted', 'AbortError');
      if (signal?.aborted) {
        reject(aborted());
        return;
      }
      const abort = () => {
        cancel();
        reject(aborted());
      };
      const cancel = clock.after(Math.max(1, ms), () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      });
      signal?.addEventListener('abort', abort, { once: true });
    });

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hexOf = (byte: number): string => HEX[byte & 255] ?? '';
const hex4 = (draw: number): string => hexOf(draw >>> 8) + hexOf(draw);

const uuidOf = (random: Random) => (): string => {
  const [a, b, c, d] = [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
  const [version, variant] = [
    0x4000 | (b & 0xfff),
    ((8 | (c >>> 30)) << 12) | ((c >>> 16) & 0xfff),
  ];
  return `${hex4(a >>> 16)}${hex4(a)}-${hex4(b >>> 16)}-${hex4(version)}-${hex4(variant)}-${hex4(c)}${hex4(d >>> 16)}${hex4(d)}`;
};

type Put = (callback: (...args: unknown[]) => void, ...args: unknown[]) => unknown;

/** Time stands still until what is put off to the next turn of the event loop has run. */
const heldTurn =
  (clock: VirtualClock, putOff: Put): Put =>
  (callback, ...args) => {
    const release = clock.hold();
    return putOff(() => {
      release();
      callback(...args);
    });
  };

/** Ticks come in the order in which they were asked for; the clock only has to hear of them. */
const heardTick =
  (clock: VirtualClock, putOff: Put): Put =>
  (callback, ...args) => {
    clock.hold()();
    return putOff(callback, ...args);
  };

const patchTime = (patch: Patch, clock: VirtualClock): void => {
  const { setTimer, setRepeating, clear } = virtualTimers(clock);
  const setNext = heldTurn(clock, setImmediate);
  const wait = promisedTimer(clock);
  for (const target of [globalThis, require('node:timers')]) {
    patch(target, 'setTimeout', setTimer);
    patch(target, 'setInterval', setRepeating);
    patch(target, 'setImmediate', setNext);
    patch(target, 'clearTimeout', clear);
    patch(target, 'clearInterval', clear);
  }
  patch(require('node:timers/promises'), 'setTimeout', wait);
  patch(globalThis, 'Date', virtualDate(clock));
  patch(performance, 'now', () => clock.monotonicMs());
  const signals = timeoutSignals(clock);
  patch(AbortSignal, 'timeout', signals.timeout);
  patch(AbortSignal, 'any', signals.any);
  patch(process, 'nextTick', heardTick(clock, process.nextTick));
  const NS_PER_MS = 1e6;
  const hrtime = () => {
    const ms = clock.monotonicMs();
    return [Math.floor(ms / 1e3), Math.floor((ms % 1e3) * NS_PER_MS)];
  };
  const bigint = () => BigInt(Math.floor(clock.monotonicMs() * NS_PER_MS));
  patch(process, 'hrtime', Object.assign(hrtime, { bigint }));
};

const patchRandomness = (patch: Patch, random: Random): void => {
  const randomUUID = uuidOf(random);
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
    return view;
  };
  const randomInt = (a: number, b?: number): number =>
    b === undefined ? random.below(a) : a + random.below(b - a);
  patch(Math, 'random', random.unit);
  patch(crypto, 'randomUUID', randomUUID);
  patch(crypto, 'getRandomValues', fill);
  const nodeCrypto = require('node:crypto');
  patch(nodeCrypto, 'randomUUID', randomUUID);
  patch(nodeCrypto, 'randomBytes', (size: number) => fill(Buffer.alloc(size)));
  patch(nodeCrypto, 'randomFillSync', fill);
  patch(nodeCrypto, 'randomInt', randomInt);
};

/**
 * Streams have ticks of their own, of which the clock does not hear: time stands still for two turns,
 * in which one is read to its end. A journal is there at once, and not when the disk has it.
 */
const patchStreams = (patch: Patch, clock: VirtualClock): void => {
  const from = Readable.from.bind(Readable);
  patch(Readable, 'from', (...args: Parameters<typeof from>) => {
    const release = clock.hold();
    nextTurn(() => nextTurn(release));
    return from(...args);
  });
  patch(require('node:fs'), 'createReadStream', (file: string) =>
    Readable.from([readFileSync(file)], { objectMode: false }),
  );
};

/** Files of the simulated disk. What is replaced at once is in a folder of it, or one of the machine's. */
const patchFiles = (patch: Patch): void => {
  const { promised, isOn, writeNow, renameNow } = createDisk();
  const [writeReal, renameReal] = [writeFileSync, renameSync];
  const writeEither = (...args: Parameters<typeof writeReal>): void =>
    isOn(args[0]) ? writeNow(String(args[0]), args[1]) : writeReal(...args);
  const renameEither = (...args: Parameters<typeof renameReal>): void =>
    isOn(args[0]) ? renameNow(String(args[0]), String(args[1])) : renameReal(...args);
  const promises: object = require('node:fs/promises');
  for (const [name, call] of Object.entries(promised)) patch(promises, name, call);
  patch(require('node:fs'), 'writeFileSync', writeEither);
  patch(require('node:fs'), 'renameSync', renameEither);
};

/** Takes the process over until `leave`. One simulation at a time can have it. */
export const enterProcess = ({ clock, random }: Needs): VirtualProcess => {
  const undo: Undo[] = [];
  const touched: string[] = [];
  const patch: Patch = (target, key, value) => {
    const before = Object.getOwnPropertyDescriptor(target, key);
    Object.defineProperty(target, key, { value, configurable: true, writable: true });
    undo.push(() => {
      if (before) Object.defineProperty(target, key, before);
      else Reflect.deleteProperty(target, key);
    });
  };
  const shut = (what: string) =>
    function refused(): never {
      touched.push(what);
      throw new Error(`a simulation reached for the real world: ${what}`);
    };
  patchTime(patch, clock);
  patchRandomness(patch, random);
  patchStreams(patch, clock);
  patchMiddleware(patch);
  for (const [module, names] of Object.entries(SHUT)) {
    const exported: object = require(module);
    for (const name of names) patch(exported, name, shut(`${module} ${name}`));
  }
  patch(globalThis, 'fetch', shut('fetch'));
  const files: object = require('node:fs/promises');
  patchFiles(patch);
  for (const name of SHUT_FILES) patch(files, name, shut(`node:fs/promises ${name}`));
  syncBuiltinESMExports();
  return {
    touched,
    leave: () => {
      for (const back of undo.splice(0).reverse()) back();
      syncBuiltinESMExports();
    },
  };
};
