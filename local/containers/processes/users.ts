import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const lines = (file: string): string[][] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.split(':'))
    : [];

/** Numbers for `user[:group]` by the files of a root; a user without an entry keeps its number. */
export const findUser = (root: string, user: string): { uid: number; gid: number } => {
  const [name = '', group] = user.split(':');
  if (name === '') return { uid: 0, gid: 0 };
  const entry = lines(path.join(root, 'etc/passwd')).find(([n, , id]) => n === name || id === name);
  const uid = Number(entry?.[2] ?? name);
  if (Number.isNaN(uid)) throw new Error(`there is no user "${name}" in the stage`);
  const own = Number(entry?.[3] ?? uid);
  if (group === undefined) return { uid, gid: own };
  const found = lines(path.join(root, 'etc/group')).find(
    ([n, , id]) => n === group || id === group,
  );
  const gid = Number(found?.[2] ?? group);
  if (Number.isNaN(gid)) throw new Error(`there is no group "${group}" in the stage`);
  return { uid, gid };
};
