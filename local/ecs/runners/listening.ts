import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { statFields } from './processIdentity.ts';

const LISTEN = '0A';

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const linkOf = (file: string): string => {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
};

/** Port by inode, for every listening TCP socket of this machine. */
const listeningSockets = (): Map<string, number> => {
  const found = new Map<string, number>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const inode = fields[9];
      if (fields[3] !== LISTEN || inode === undefined) continue;
      found.set(inode, Number.parseInt(fields[1]?.split(':')[1] ?? '', 16));
    }
  }
  return found;
};

const groupOf = (pid: string): number => Number(statFields(Number(pid))[2]);

/** The TCP ports that the processes of a group listen on. Empty where there is no /proc. */
export const portsOfGroup = (group: number): Set<number> => {
  const sockets = listeningSockets();
  const ports = new Set<number>();
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid) || groupOf(pid) !== group) continue;
    for (const descriptor of entries(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${descriptor}`))?.[1];
      const port = inode === undefined ? undefined : sockets.get(inode);
      if (port !== undefined) ports.add(port);
    }
  }
  return ports;
};
