import type { Limit } from './types.ts';

/** A process identity as numbers, found in the image's own passwd and group files. */
export type Identity = {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
};

export type OciSettings = {
  readonly args: readonly string[];
  /** `NAME=value` entries. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly identity: Identity;
  readonly hostname: string;
  readonly readonlyRoot: boolean;
  /** Absolute under the cgroup root. */
  readonly cgroupPath: string;
  readonly cpuUnits: number;
  readonly memoryMb: number;
  /** Limits that this machine can enforce; the others are left out. */
  readonly enforced: readonly Limit[];
  /** Files of the bundle that stand over those of the image. */
  readonly files: readonly { readonly host: string; readonly inside: string }[];
};

/** What a container may do as root, as docker grants it by default. */
const CAPABILITIES = [
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
];

const CPU_PERIOD_US = 100_000;
/** The kernel refuses a shorter quota. */
const CPU_QUOTA_US_MIN = 1_000;
const PIDS_MAX = 1_024;
const MIB = 2 ** 20;

/** Kernel memory and device controls that no container has to see. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];
const READ_ONLY = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);

/** Device nodes that any container may use: null, zero, full, random, urandom, tty, ptmx, pts. */
const DEVICES: readonly [major: number, minor: number | undefined][] = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 2],
  [136, undefined],
];

const mount = (destination: string, type: string, options: string[], source = type) => ({
  destination,
  type,
  source,
  options,
});

const MOUNTS = [
  mount('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
  mount('/dev', 'tmpfs', ['nosuid', 'strictatime', 'mode=755', 'size=65536k']),
  mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
  mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'], 'shm'),
  mount('/dev/mqueue', 'mqueue', ['nosuid', 'noexec', 'nodev']),
  mount('/sys', 'sysfs', ['nosuid', 'noexec', 'nodev', 'ro']),
];

const resources = ({ enforced, cpuUnits, memoryMb }: OciSettings) => ({
  devices: [
    { allow: false, access: 'rwm' },
    ...DEVICES.map(([major, minor]) => ({
      allow: true,
      type: 'c',
      major,
      ...(minor === undefined ? {} : { minor }),
      access: 'rwm',
    })),
  ],
  ...(enforced.includes('memory')
    ? { memory: { limit: memoryMb * MIB, swap: memoryMb * MIB } }
    : {}),
  ...(enforced.includes('cpu')
    ? {
        cpu: {
          period: CPU_PERIOD_US,
          quota: Math.max(CPU_QUOTA_US_MIN, Math.round((cpuUnits / 1024) * CPU_PERIOD_US)),
          shares: Math.max(2, cpuUnits),
        },
      }
    : {}),
  ...(enforced.includes('pids') ? { pids: { limit: PIDS_MAX } } : {}),
});

/**
 * The OCI runtime configuration of a task's container. It names no network namespace: the container
 * stays in the one it is launched in, which is its own already.
 */
export const ociConfig = (settings: OciSettings): object => {
  const held = settings.identity.uid === 0 ? CAPABILITIES : [];
  return {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: settings.readonlyRoot },
    hostname: settings.hostname,
    process: {
      terminal: false,
      user: {
        uid: settings.identity.uid,
        gid: settings.identity.gid,
        additionalGids: settings.identity.additionalGids,
      },
      args: settings.args,
      env: settings.env,
      cwd: settings.cwd,
      noNewPrivileges: true,
      capabilities: {
        bounding: CAPABILITIES,
        effective: held,
        permitted: held,
        inheritable: [],
        ambient: [],
      },
    },
    mounts: [
      ...MOUNTS,
      ...settings.files.map(({ host, inside }) => mount(inside, 'bind', ['rbind', 'ro'], host)),
    ],
    linux: {
      cgroupsPath: settings.cgroupPath,
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
      resources: resources(settings),
    },
  };
};
