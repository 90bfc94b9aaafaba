import { constants } from 'node:os';

const isSignal = (name: string): name is NodeJS.Signals => name in constants.signals;

/** The signal that an image names as STOPSIGNAL: by name, without SIG, or by number. */
export const stopSignalOf = (text: string | undefined): NodeJS.Signals => {
  const name = (text ?? 'SIGTERM').toUpperCase();
  const number = Number(name);
  const known = Number.isInteger(number)
    ? Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
    : name.startsWith('SIG')
      ? name
      : `SIG${name}`;
  return known !== undefined && isSignal(known) ? known : 'SIGTERM';
};

/** The exit code a shell gives a process: its own, or 128 plus the number of the signal that ended it. */
export const exitCodeOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal]);

/** Signals a process, or a group when the number is negative. False when it is gone. */
export const signalProcess = (target: number, name: NodeJS.Signals): boolean => {
  try {
    process.kill(target, name);
    return true;
  } catch {
    return false;
  }
};
