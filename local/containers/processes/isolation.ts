import { runCommand } from '../command.ts';
import { findProgram } from '../hostFiles.ts';

/**
 * How a process is shut into a folder without a container engine: as root in a mount namespace of
 * its own, as a user in a user namespace, or not at all.
 */
export type Isolation = 'mount-namespace' | 'user-namespace' | 'none';

const PROBE_TIMEOUT_MS = 5000;

// $1 root, $2 working folder, $3 user, $4 group, $5 empty folder for a private copy or "". All of
// these mounts are seen by this process and its children only, and vanish with them.
const ENTER = `
root=$1 folder=$2 user=$3 group=$4 private=$5
shift 5
if [ -n "$private" ]; then
  mount -t tmpfs tmpfs "$private" && mkdir "$private/up" "$private/work" "$private/root" &&
    mount -t overlay overlay -o "lowerdir=$root,upperdir=$private/up,workdir=$private/work" "$private/root" &&
    root="$private/root"
fi
mount -t proc proc "$root/proc" 2> /dev/null || mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -e /etc/resolv.conf ]; then
  [ -e "$root/etc/resolv.conf" ] || : > "$root/etc/resolv.conf"
  mount --bind "$(readlink -f /etc/resolv.conf)" "$root/etc/resolv.conf"
fi
if [ "$user" = keep ]; then exec unshare --root="$root" --wd="$folder" -- "$@"; fi
exec unshare --root="$root" --wd="$folder" --setgid="$group" --setuid="$user" -- "$@"
`;

const unshareArguments = (isolation: Isolation): string[] =>
  isolation === 'user-namespace'
    ? ['--user', '--map-root-user', '--mount', '--propagation', 'private']
    : ['--mount', '--propagation', 'private'];

/** Finds the strongest isolation by using it once. */
export const detectIsolation = async (): Promise<Isolation> => {
  const unshare = findProgram('unshare');
  if (!unshare || !findProgram('mount')) return 'none';
  for (const isolation of ['mount-namespace', 'user-namespace'] as const) {
    const probe = ['--', '/bin/sh', '-c', 'mount -t tmpfs tmpfs /tmp'];
    const args = [...unshareArguments(isolation), ...probe];
    const { code } = await runCommand(unshare, args, { timeoutMs: PROBE_TIMEOUT_MS });
    if (code === 0) return isolation;
  }
  return 'none';
};

export type EnterOptions = {
  readonly isolation: Isolation;
  readonly root: string;
  readonly folder: string;
  readonly uid: number;
  readonly gid: number;
  /** An empty folder on which a private copy is mounted, so that nothing written stays in `root`. */
  readonly privateAt?: string;
};

/** The command line that runs `command` inside a folder as its root. */
export const enterCommand = (options: EnterOptions, command: readonly string[]): string[] => {
  const { isolation, root, folder, uid, gid, privateAt = '' } = options;
  const user = isolation === 'user-namespace' ? 'keep' : String(uid);
  return [
    findProgram('unshare') ?? 'unshare',
    ...unshareArguments(isolation),
    ...['--', '/bin/sh', '-c', ENTER, 'sh', root, folder, user, String(gid), privateAt],
    ...command,
  ];
};
