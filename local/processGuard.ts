import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills process groups when this process is gone, however it went: a tiny shell holds the list and
 * reads a pipe whose other end is ours. Children that loop in user code cannot notice it themselves.
 */
export type ProcessGuard = {
  /** Puts a child that leads its own process group (`detached: true`) under guard until it exits. */
  watch(child: ChildProcess): void;
  close(): void;
};

const SCRIPT = `
set -f
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
`;

export const createProcessGuard = (): ProcessGuard => {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return {
    watch(child) {
      const group = child.pid;
      if (group === undefined) return;
      shell.stdin.write(`+ ${group}\n`);
      child.once('exit', () => shell.stdin.write(`- ${group}\n`));
    },
    close() {
      shell.stdin.end();
    },
  };
};
