import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import type { Link } from './veth.ts';

/**
 * How a container is launched: in mount, process and network namespaces of its own, whose first
 * process dies with this one. The kernel then ends the container and takes its mounts, its network
 * and the link to it away, so that not even kill -9 leaves any of them.
 */
const OUTSIDE = `
exec 9</proc/self/ns/net
exec setpriv --pdeathsig KILL unshare --mount --pid --net --fork --kill-child --mount-proc \\
  --propagation private /bin/sh -c "$0" "$@"
`;

// Runs inside. Descriptor 9 is the network namespace of the machine. The runtime keeps the cgroup, so
// that we can read there whether the container was killed for want of memory; we remove it.
const INSIDE = `
set -e
bundle=$1 layering=$2 device=$3 host=$4 address=$5 runtime=$6 id=$7
cd "$bundle"
if [ "$layering" = overlay ]; then
  mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work rootfs
else
  mount --bind lower rootfs
fi
ip -batch - <<END
link set lo up
link add eth0 type veth peer name $device netns /proc/self/fd/9
address add $address/30 dev eth0
link set eth0 up
END
nsenter --net=/proc/self/fd/9 ip -batch - <<END
address add $host/30 dev $device
link set $device up
END
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
exec "$runtime" --root "$bundle/state" run --keep --bundle "$bundle" --pid-file "$bundle/started" "$id" 9<&-
`;

/** The file that the runtime writes when the container's process runs. */
const STARTED = 'started';

export type Launch = {
  /** Absolute folder with config.json, the folders rootfs, upper and work, and the link lower. */
  readonly bundle: string;
  readonly id: string;
  readonly layering: 'overlay' | 'copy';
  readonly link: Link;
  readonly runtime: string;
};

export const launch = ({ bundle, id, layering, link, runtime }: Launch): ChildProcess =>
  spawn(
    '/bin/sh',
    [
      '-c',
      OUTSIDE,
      INSIDE,
      'launch',
      bundle,
      layering,
      link.device,
      link.hostAddress,
      link.taskAddress,
      runtime,
      id,
    ],
    // A session of its own, so that Ctrl-C in the terminal reaches us first and not the containers.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, cwd: '/' },
  );

/** Resolves with true when the container's process runs, with false when the launch ended without. */
export const whenStarted = (bundle: string, child: ChildProcess): Promise<boolean> =>
  new Promise((resolve) => {
    const file = path.join(bundle, STARTED);
    const watcher = watch(bundle, (_event, name) => {
      if (name === STARTED && existsSync(file)) settle(true);
    });
    const settle = (started: boolean) => {
      watcher.close();
      child.off('exit', ended);
      child.off('error', ended);
      resolve(started);
    };
    const ended = () => settle(existsSync(file));
    child.once('exit', ended);
    child.once('error', ended);
    if (existsSync(file)) settle(true);
  });
