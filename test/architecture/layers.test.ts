// Goal: the arrow rule of ARCHITECTURE.md holds for every module.
// Method: read the import specifiers of every source file and check each against the layer table.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What each top-level folder may import, besides itself. */
const LAYERS: Record<string, { folders: string[]; packages: RegExp; node: boolean }> = {
  core: { folders: [], packages: /^$/, node: false },
  events: { folders: ['core'], packages: /^zod$/, node: false },
  probes: { folders: ['core'], packages: /^dns-packet$/, node: true },
  aws: { folders: ['core', 'events'], packages: /^(@aws-sdk\/|zod$)/, node: false },
  functions: {
    folders: ['core', 'events', 'probes', 'aws'],
    packages: /^(@middy\/|@aws-lambda-powertools\/|aws-lambda$|zod$)/,
    node: true,
  },
  local: { folders: ['core', 'events', 'probes', 'aws', 'functions'], packages: /./, node: true },
  dashboard: { folders: ['core', 'events'], packages: /^zod$/, node: false },
  cli: {
    folders: ['core', 'events', 'probes', 'aws', 'functions', 'local', 'dashboard', 'sim'],
    packages: /./,
    node: true,
  },
  sim: {
    folders: ['core', 'events', 'probes', 'aws', 'functions', 'local'],
    packages: /^(?:@aws-sdk\/|@smithy\/core\/(?:client|transport)$|zod$)/,
    node: true,
  },
  scripts: { folders: ['core', 'local', 'sim'], packages: /./, node: true },
};

type Import = { from: string; spec: string };

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*'([^']+)'|import\('([^']+)'\)|(?:^|\n)import\s+'([^']+)'/g;

const importsOf = (file: string): Import[] => {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return [...text.matchAll(IMPORT)].map((m) => ({ from: file, spec: m[1] ?? m[2] ?? m[3] ?? '' }));
};

const violation = ({ from, spec }: Import): string | undefined => {
  const layer = from.split(path.sep)[0] ?? '';
  const rule = LAYERS[layer];
  if (!rule) return undefined;
  if (spec.startsWith('.')) {
    const target = path.relative(ROOT, path.resolve(ROOT, path.dirname(from), spec));
    const folder = target.split(path.sep)[0] ?? '';
    if (folder === layer || rule.folders.includes(folder)) return undefined;
    return `${from} imports ${spec}: ${layer}/ may not import ${folder}/`;
  }
  if (spec.startsWith('node:')) {
    return rule.node ? undefined : `${from} imports ${spec}: ${layer}/ does no I/O`;
  }
  return rule.packages.test(spec) ? undefined : `${from} imports package ${spec}`;
};

describe('the arrow rule', () => {
  const files = Object.keys(LAYERS).flatMap((layer) =>
    globSync(`${layer}/**/*.ts`, { cwd: ROOT, exclude: (name) => name.includes('node_modules') }),
  );
  const imports = files.flatMap(importsOf);

  it('examines the modules of the inner layers', () => {
    for (const layer of Object.keys(LAYERS)) {
      expect(files.filter((f) => f.startsWith(`${layer}/`)).length, layer).toBeGreaterThan(0);
    }
    expect(imports.length).toBeGreaterThan(files.length / 2);
  });

  it('is broken by no import', () => {
    expect(imports.map(violation).filter((v) => v !== undefined)).toEqual([]);
  });

  it('would notice a violation', () => {
    expect(violation({ from: 'core/x.ts', spec: '../aws/y.ts' })).toContain('may not import aws/');
    expect(violation({ from: 'core/x.ts', spec: 'node:fs' })).toContain('no I/O');
    expect(violation({ from: 'aws/x.ts', spec: '../functions/y.ts' })).toContain('may not import');
  });

  it('keeps one file of aws/ from importing another, but for the shared settings and the tables', () => {
    const shared = ['./sdk.ts', './drillTable.ts', './jsonTable.ts', './leases.ts'];
    const crossing = imports.filter(
      ({ from, spec }) =>
        from.startsWith('aws/') && spec.startsWith('./') && !shared.includes(spec),
    );
    expect(crossing).toEqual([]);
  });

  it('keeps one function from importing another', () => {
    const crossing = imports.filter(({ from, spec }) => {
      const [layer, own] = from.split(path.sep);
      if (layer !== 'functions' || !spec.startsWith('.') || own?.endsWith('.ts')) return false;
      const target = path
        .relative(ROOT, path.resolve(ROOT, path.dirname(from), spec))
        .split(path.sep);
      return target[0] === 'functions' && !target[1]?.startsWith('_') && target[1] !== own;
    });
    expect(crossing).toEqual([]);
  });

  it('leaves chance and the clock out of core and the simulation', () => {
    const impure = files
      .filter((f) => f.startsWith('core/') || f.startsWith('sim/'))
      .filter((f) =>
        /Math\.random|Date\.now|new Date\(\)/.test(readFileSync(path.join(ROOT, f), 'utf8')),
      );
    expect(impure).toEqual([]);
  });
});
