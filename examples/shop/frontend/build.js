// Bundles the page into dist/: hashed file names, so that they may be cached for long.
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const dist = path.join(here, 'dist');
fs.rmSync(dist, { recursive: true, force: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { shop: 'src/main.jsx' },
  entryNames: 'assets/[name]-[hash]',
  outdir: dist,
  bundle: true,
  minify: true,
  format: 'esm',
  jsx: 'automatic',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
});

const outputs = Object.keys(metafile.outputs).map((file) => path.relative('dist', file));
const named = (extension) => {
  const file = outputs.find((output) => output.endsWith(extension));
  if (!file) throw new Error(`The bundle has no ${extension} file.`);
  return file;
};
const page = fs
  .readFileSync(path.join(here, 'public/index.html'), 'utf8')
  .replace('%SCRIPT%', named('.js'))
  .replace('%STYLE%', named('.css'));
fs.writeFileSync(path.join(dist, 'index.html'), page);
