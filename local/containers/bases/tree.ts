import { constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';
import { type SharedFile, sharedLibraries } from '../hostFiles.ts';

const MODE_TEMPORARY = 0o1777;

/** The parts of the C library, which programs copied in later may want although no tool here does. */
const C_LIBRARY =
  /^lib(anl|BrokenLocale|c|dl|m|mvec|nsl|nss_(compat|dns|files)|pthread|resolv|rt|thread_db|util)\.so\.\d+$/;

/** Where the certificates of the host stand in every assembled image. */
export const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

const HOST_BUNDLES = [CA_BUNDLE, '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

/** The certificates this machine trusts, as one PEM text. */
export const hostCertificates = async (): Promise<string> => {
  const system = [process.env['SSL_CERT_FILE'], ...HOST_BUNDLES].find((f) => f && existsSync(f));
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  const bundle = system ? await readFile(system, 'utf8') : tls.rootCertificates.join('\n');
  if (!extra || extra === system || !existsSync(extra)) return bundle;
  const more = await readFile(extra, 'utf8');
  return bundle.includes(more.trim()) ? bundle : `${bundle.trimEnd()}\n${more}`;
};

const PASSWD = `root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
node:x:1000:1000::/home/node:/bin/sh
nginx:x:101:101:nginx:/nonexistent:/bin/false
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
`;
const GROUP = `root:x:0:
shadow:x:42:
nogroup:x:65534:
node:x:1000:
nginx:x:101:
nonroot:x:65532:
`;

/** A folder that becomes the root of an image. Files of the host are copied, never linked. */
export const createTree = (root: string) => {
  const at = (file: string) => path.join(root, file);

  const folder = async (name: string, mode?: number): Promise<void> => {
    await mkdir(at(name), { recursive: true });
    if (mode !== undefined) await chmod(at(name), mode);
  };

  const file = async (name: string, content: string, mode = 0o644): Promise<void> => {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await writeFile(at(name), content, { mode });
  };

  const copy = async (from: string, to: string): Promise<void> => {
    if (existsSync(at(to))) return;
    await mkdir(path.dirname(at(to)), { recursive: true });
    await copyFile(from, at(to), constants.COPYFILE_FICLONE);
  };

  const copyFolder = async (from: string, to: string, skip: (file: string) => boolean) => {
    await cp(from, at(to), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !skip(path.relative(from, source)),
    });
  };

  const link = async (target: string, name: string): Promise<void> => {
    await mkdir(path.dirname(at(name)), { recursive: true });
    if (!existsSync(at(name))) await symlink(target, at(name));
  };

  /** /bin, /lib and the like as links into /usr, as on every merged-usr system. */
  const mergedUsr = async (): Promise<void> => {
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      await folder(`/usr/${name}`);
      await link(`usr/${name}`, `/${name}`);
    }
  };

  const libraries = async (files: readonly SharedFile[]): Promise<void> => {
    for (const library of files) await copy(library.real, library.path);
  };

  /** The shared libraries of programs of this machine, and the whole C library with them. */
  const librariesOf = async (programs: readonly string[]): Promise<void> => {
    const { found } = await sharedLibraries(programs);
    await libraries(found);
    const c = found.find((library) => path.basename(library.path) === 'libc.so.6');
    if (!c) return;
    const from = path.dirname(c.path);
    for (const name of readdirSync(from).filter((entry) => C_LIBRARY.test(entry))) {
      await copy(realpathSync(path.join(from, name)), path.join(from, name));
    }
  };

  /** Users, certificates and the empty folders that programs expect. */
  const skeleton = async (): Promise<void> => {
    await mergedUsr();
    for (const name of ['/proc', '/sys', '/dev', '/run', '/root', '/var/lib', '/etc', '/home']) {
      await folder(name);
    }
    await folder('/tmp', MODE_TEMPORARY);
    await folder('/var/tmp', MODE_TEMPORARY);
    await link('/run', '/var/run');
    await file('/etc/passwd', PASSWD);
    await file('/etc/group', GROUP);
    await file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
    await file(CA_BUNDLE, await hostCertificates());
  };

  return { at, folder, file, copy, copyFolder, link, libraries, librariesOf, skeleton };
};

export type Tree = ReturnType<typeof createTree>;
