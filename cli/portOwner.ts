/** Says who listens where this process wanted to, as far as /proc tells. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { DrillError } from '../core/errors.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/udp', '/proc/net/tcp6', '/proc/net/udp6'];
/** State of a TCP socket that listens, and of a UDP socket that is bound. */
const OPEN_STATES = new Set(['0A', '07']);

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Socket inodes that are open on a port, from the kernel's tables (Linux: proc_pid_net(5)). */
const inodesOn = (port: number): Set<string> => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = TABLES.flatMap((file) => read(file).split('\n').slice(1));
  const open = rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && OPEN_STATES.has(state ?? ''));
  return new Set(open.flatMap((columns) => columns[9] ?? []));
};

const socketsOf = (pid: string): string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
};

/** Its program, which says more than the name that a process gives itself. */
const nameOf = (pid: string): string => {
  try {
    return path.basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return read(`/proc/${pid}/comm`).trim() || 'unknown';
  }
};

export type PortOwner = { readonly pid: number; readonly name: string };

/** The process that listens on a port; undefined where that cannot be seen. */
export const ownerOfPort = (port: number): PortOwner | undefined => {
  const inodes = inodesOn(port);
  if (inodes.size === 0) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((one) =>
    socketsOf(one).some((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')),
  );
  if (pid === undefined) return undefined;
  return { pid: Number(pid), name: nameOf(pid) };
};

/** A taken port is a person's to free: says which, and who has it. Other errors are left as they are. */
export const addressInUse = (error: unknown): unknown => {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return error;
  const address = Reflect.get(error, 'address');
  const port = Number(Reflect.get(error, 'port'));
  const owner = Number.isInteger(port) ? ownerOfPort(port) : undefined;
  const by = owner ? `in use by process ${owner.pid} (${owner.name}). Stop it` : 'it is in use';
  const stop = owner ? by : `${by}. Stop what listens there`;
  return new DrillError(
    'AddressInUse',
    `cannot listen on ${typeof address === 'string' ? address : '127.0.0.1'}:${port}: ${stop}, or choose another: dns.listen for DNS, --port of up and watch for the AWS endpoint`,
    owner ? { pid: owner.pid, name: owner.name } : {},
    error,
  );
};
