import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../hostFiles.ts';
import type { Tree } from './tree.ts';

const SHELLS = ['dash', 'bash'];

/** What Dockerfiles commonly call in RUN; what this machine lacks is left out. */
const TOOLS = `
  [ arch base32 base64 basename basenc cat chgrp chmod chown cksum comm cp csplit cut date dd df dir
  dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln
  logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr
  printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum
  sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr
  true truncate tsort tty uname unexpand uniq unlink users wc who whoami yes
  sed grep egrep fgrep mawk find xargs tar gzip gunzip zcat diff cmp which hostname getent ldd
  ldconfig locale getopt useradd groupadd usermod userdel chroot kill
`
  .trim()
  .split(/\s+/);

const isScript = (file: string): boolean => readFileSync(file).subarray(0, 2).toString() === '#!';

/** Into /usr/bin or /usr/sbin, whatever links the host keeps. */
const placeOf = (program: string): string =>
  `/usr/${path.basename(path.dirname(program)) === 'sbin' ? 'sbin' : 'bin'}`;

/** Copies a shell and the core tools of this machine, with the libraries they load. */
export const addTools = async (tree: Tree): Promise<void> => {
  const dynamic: string[] = [];
  for (const name of [...SHELLS, ...TOOLS]) {
    const program = findProgram(name, '/usr/bin:/usr/sbin:/bin:/sbin');
    if (program === undefined) continue;
    const real = realpathSync(program);
    await tree.copy(real, `${placeOf(program)}/${name}`);
    if (!isScript(real)) dynamic.push(real);
  }
  await tree.librariesOf(dynamic);
  await tree.link(existsSync(tree.at('/usr/bin/dash')) ? 'dash' : 'bash', '/usr/bin/sh');
  await tree.link('mawk', '/usr/bin/awk');
  if (existsSync('/etc/os-release')) await tree.copy('/etc/os-release', '/etc/os-release');
  await tree.file('/etc/shells', '/bin/sh\n/bin/bash\n');
  await tree.file('/etc/login.defs', 'UID_MIN 1000\nGID_MIN 1000\nSYS_UID_MIN 100\n');
  await tree.file('/etc/shadow', 'root:*:19000:0:99999:7:::\nnode:!:19000:0:99999:7:::\n', 0o640);
};
