// Copies this node binary, and the shared libraries it has mapped, into the folder given. With them
// node runs on any base of the same C library; that library itself must come from the base.
import fs from 'node:fs';
import path from 'node:path';

const C_LIBRARY =
  /^(ld-|libc[.-]|libm[.-]|libdl[.-]|libpthread[.-]|librt[.-]|libresolv[.-]|libnss_)/;

const target = process.argv[2];
if (!target) throw new Error('Usage: node collectRuntime.js <folder>');
const libraries = path.join(target, 'lib');
fs.mkdirSync(libraries, { recursive: true });
fs.copyFileSync(process.execPath, path.join(target, 'node'));

const mapped = fs.readFileSync('/proc/self/maps', 'utf8').matchAll(/\s(\/\S+\.so[.\d]*)$/gm);
for (const file of new Set([...mapped].map(([, name]) => name))) {
  const name = path.basename(file);
  if (C_LIBRARY.test(name)) continue;
  // The loader asks for libstdc++.so.6, the file behind it is libstdc++.so.6.0.30.
  const soname = name.replace(/(\.so\.\d+)[.\d]*$/, '$1');
  fs.copyFileSync(file, path.join(libraries, soname));
}
