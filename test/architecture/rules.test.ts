// Goal: rules that hold for the whole source and that neither the compiler nor the linter knows.
// Method: read the files that git knows; the linter measures functions. Every rule is also shown to fire.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE_LINES_MAX = 300;
const TEST_FILE_LINES_MAX = 400;

/**
 * Functions longer than 70 lines, by file, with a limit for the longest: services whose operations share
 * state in one closure. This list may only shrink.
 */
const LONG_FUNCTIONS: Readonly<Record<string, number>> = {
  'aws/drillRecords.ts': 80,
  'aws/tasks.ts': 90,
  'local/cloudwatch/service.ts': 110,
  'local/codebuild/shell.ts': 80,
  'local/dynamodb/ledger.ts': 90,
  'local/dynamodb/region.ts': 100,
  'local/dynamodb/replication.ts': 80,
  'local/dynamodb/service.ts': 110,
  'local/ecr/imageOperations.ts': 130,
  'local/ecr/repositoryOperations.ts': 80,
  'local/ecs/lifecycle.ts': 110,
  'local/lambda/pool.ts': 100,
  'local/lambda/service.ts': 100,
  'local/logs/service.ts': 130,
  'local/network/network.ts': 80,
  'local/route53/health/checkers.ts': 90,
  'local/route53/health/operations.ts': 80,
  'local/route53/zoneOperations.ts': 80,
  'local/s3/service.ts': 150,
  'local/ssm/service.ts': 110,
  'local/stepfunctions/executions.ts': 150,
};

/** Files longer than their limit. This list may only shrink. */
const LONG_FILES: Readonly<Record<string, number>> = {};

const git = (...args: string[]): string[] =>
  execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter(Boolean);

/** Files that git has, or would have with the next `git add`; those that were just removed are left out. */
const FILES = git('ls-files', '-z', '--cached', '--others', '--exclude-standard').filter((file) => {
  try {
    readFileSync(path.join(ROOT, file));
    return true;
  } catch {
    return false;
  }
});
const SOURCES = FILES.filter((file) => /\.tsx?$/.test(file));
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const folderOf = (file: string): string => file.split('/')[0] ?? '';
const PRODUCT = [
  'core',
  'events',
  'probes',
  'aws',
  'functions',
  'local',
  'cli',
  'dashboard',
  'sim',
];

type Rule = { readonly name: string; readonly fault: (file: string, text: string) => boolean };

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

/** Where the process begins: what a person or a platform sets is read here and handed on. */
const MAY_READ_ENVIRONMENT = (file: string): boolean =>
  file === 'functions/_env.ts' || !PRODUCT.slice(0, 5).includes(folderOf(file));

const RULES: readonly Rule[] = [
  {
    name: 'only aws/, local/, sim/ and cli/ know the AWS SDK',
    fault: (file, text) =>
      PRODUCT.includes(folderOf(file)) &&
      !['aws', 'local', 'sim', 'cli'].includes(folderOf(file)) &&
      /from '@(?:aws-sdk|smithy)\//.test(text),
  },
  {
    name: 'only functions/_env.ts reads the environment below local/',
    fault: (file, text) => !MAY_READ_ENVIRONMENT(file) && /process\.env\b/.test(text),
  },
  {
    name: 'nothing below local/ asks whether it is local',
    fault: (file, text) =>
      PRODUCT.slice(0, 5).includes(folderOf(file)) &&
      /\b(?:isLocal|isEmbedded|LOCALSTACK|AWS_ENDPOINT_URL|IS_TEST)\b/.test(text),
  },
  {
    name: 'zod is imported as a namespace, which keeps bundles small',
    fault: (_, text) => /import (?:type )?\{[^}]*\} from 'zod'|import z from 'zod'/.test(text),
  },
  {
    name: 'events/ only makes constants as it loads, so that bundles leave out those that nobody uses',
    fault: (file, text) =>
      file.startsWith('events/') &&
      /^(?!import\b|export\b|const\b|type\b|declare\b)[A-Za-z_$(]/m.test(text),
  },
  {
    name: 'no module of the project is replaced by a stub',
    fault: (_, text) => /\bvi\.mock\(\s*'\.{1,2}\//.test(text),
  },
  {
    name: 'no test is left out or alone',
    fault: (file, text) =>
      file.startsWith('test/') &&
      /\b(?:it|test|describe)\.(?:only|todo)\(|\bx(?:it|describe)\(/.test(text),
  },
  {
    name: 'no `any` in product code, but for the one in the wire types that says why',
    fault: (file, text) =>
      PRODUCT.includes(folderOf(file)) &&
      file !== 'local/wire/types.ts' &&
      /:\s*any\b|\bas any\b|<any\b|\bany\[\]/.test(text),
  },
  {
    name: 'nothing is a utility',
    fault: (file) => /(?:^|\/)(?:utils?|helpers?|misc|index)\.tsx?$/.test(file),
  },
];

const OWN = 'test/architecture/rules.test.ts';

describe.each(RULES)('$name', ({ fault }) => {
  it('holds everywhere', () => {
    expect(SOURCES.length).toBeGreaterThan(100);
    const faulty = SOURCES.filter(
      (file) => file !== OWN && fault(file, withoutComments(read(file))),
    );
    expect(faulty).toEqual([]);
  });
});

describe('the rules', () => {
  const broken: Readonly<Record<string, [file: string, text: string]>> = {
    'only aws/, local/, sim/ and cli/ know the AWS SDK': [
      'functions/x/run.ts',
      "import { S3Client } from '@aws-sdk/client-s3';",
    ],
    'only functions/_env.ts reads the environment below local/': [
      'aws/x.ts',
      "const table = process.env['TABLE'];",
    ],
    'nothing below local/ asks whether it is local': ['aws/x.ts', 'if (isLocal) return;'],
    'zod is imported as a namespace, which keeps bundles small': [
      'events/x.ts',
      "import { z } from 'zod';",
    ],
    'events/ only makes constants as it loads, so that bundles leave out those that nobody uses': [
      'events/x.ts',
      "import * as z from 'zod';\nz.config({});",
    ],
    'no module of the project is replaced by a stub': ['test/x.test.ts', "vi.mock('../core/x.ts')"],
    'no test is left out or alone': ['test/x.test.ts', "it.only('x', () => {});"],
    'no `any` in product code, but for the one in the wire types that says why': [
      'core/x.ts',
      'const x: any = 1;',
    ],
    'nothing is a utility': ['core/utils.ts', ''],
  };

  it.each(RULES)('would notice: $name', ({ name, fault }) => {
    const [file, text] = broken[name] ?? ['', ''];
    expect(fault(file, text)).toBe(true);
  });
});

describe('sizes', () => {
  const linesOf = (file: string): number => read(file).split('\n').length - 1;
  const limitOf = (file: string): number =>
    file.startsWith('test/') ? TEST_FILE_LINES_MAX : FILE_LINES_MAX;

  it('files stay short', () => {
    const long = SOURCES.filter((file) => linesOf(file) > limitOf(file));
    const grown = long.filter((file) => linesOf(file) > (LONG_FILES[file] ?? limitOf(file)));
    expect(grown.map((file) => `${file}: ${linesOf(file)} lines`)).toEqual([]);
    expect(Object.keys(LONG_FILES).filter((file) => !long.includes(file))).toEqual([]);
  });

  it('functions stay short', () => {
    const long = longFunctions();
    const grown = Object.entries(long).filter(
      ([file, lines]) => lines > (LONG_FUNCTIONS[file] ?? 70),
    );
    expect(grown.map(([file, lines]) => `${file}: a function of ${lines} lines`)).toEqual([]);
    expect(Object.keys(LONG_FUNCTIONS).filter((file) => long[file] === undefined)).toEqual([]);
  });
});

const Linted = z.object({
  summary: z.object({ unchanged: z.number() }),
  diagnostics: z.array(
    z.object({
      category: z.string(),
      message: z.string(),
      location: z.object({ path: z.string() }),
    }),
  ),
});

/** Lines of the longest function of each file that has one of more than 70, blank lines left out. */
const longFunctions = (): Record<string, number> => {
  const config = path.join(import.meta.dirname, 'functionLength.json');
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', `--config-path=${config}`];
  const folders = [...PRODUCT, 'scripts', 'bench'];
  const run = (): string => {
    try {
      return execFileSync(path.join(ROOT, 'node_modules/.bin/biome'), [...args, ...folders], {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch (error) {
      // The linter ends with 1 when it found something.
      return String(Reflect.get(Object(error), 'stdout'));
    }
  };
  const { summary, diagnostics } = Linted.parse(JSON.parse(run()));
  expect(summary.unchanged).toBeGreaterThan(100);
  const found: Record<string, number> = {};
  for (const { category, message, location } of diagnostics) {
    if (category !== 'lint/complexity/noExcessiveLinesPerFunction') continue;
    const lines = Number(/\((\d+)\)/.exec(message)?.[1]);
    found[location.path] = Math.max(lines, found[location.path] ?? 0);
  }
  return found;
};

describe('what the project says', () => {
  const TEXTS = FILES.filter((file) => !/\.(?:png|jpg|zip|gz|ico|woff2?)$/.test(file));

  /** Words that belong to one person, one machine or one workplace, and to nobody who reads this. */
  const FOREIGN: readonly [what: string, pattern: RegExp, example: string][] = [
    [
      'a folder of one machine',
      /(?<![\w.$}\\)])\/(?:home\/(?!node\b|nonroot\b)|Users\/|work\/|workspaces?\/|mnt\/)[\w.-]/,
      'see /home/someone/x',
    ],
    [
      'a key of AWS',
      /\b(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b/,
      `AKIA${'ABCDEFGH12345678'}`,
    ],
    [
      'a private key',
      /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}/,
      `-----BEGIN PRIVATE KEY-----\n${'M'.repeat(60)}`,
    ],
    [
      'a real webhook',
      /hooks\.slack\.com\/services\/T[A-Z0-9]{8,}\/B[A-Z0-9]{8,}\//,
      'hooks.slack.com/services/T12345678/B12345678/x',
    ],
    [
      'a host inside a company',
      /https?:\/\/[\w.-]+\.(?:corp|internal|intra|lan)\b/,
      'https://npm.corp/x',
    ],
    [
      'how the text came to be',
      /\b(?:as an? (?:ai|language model)|co-authored-by|generated (?:by|with) (?:an? )?(?:ai|llm|model|assistant))\b/i,
      'Co-authored-by: somebody',
    ],
  ];

  it.each(FOREIGN)('holds no %s', (_, pattern) => {
    expect(TEXTS.length).toBeGreaterThan(200);
    const faulty = TEXTS.filter((file) => file !== OWN && pattern.test(read(file)));
    expect(faulty).toEqual([]);
  });

  it.each(FOREIGN)('would notice %s', (_, pattern, example) => {
    expect(pattern.test(example)).toBe(true);
  });
});

describe('the lock file', () => {
  const Locked = z.object({
    packages: z.record(
      z.string(),
      z.object({
        integrity: z.string().optional(),
        resolved: z.string().optional(),
        optional: z.boolean().optional(),
        os: z.array(z.string()).optional(),
        optionalDependencies: z.record(z.string(), z.string()).optional(),
      }),
    ),
  });
  const { packages } = Locked.parse(JSON.parse(read('package-lock.json')));
  const places = Object.keys(packages);

  it('holds packages to their checksum; those of other platforms may only name their version', () => {
    const free = Object.entries(packages).filter(
      ([place, { integrity, optional, os }]) => place && !integrity && !(optional && os),
    );
    expect(free.map(([place]) => place)).toEqual([]);
  });

  it('names no machine that packages came from', () => {
    const hosts = Object.values(packages).flatMap(({ resolved }) =>
      resolved && !resolved.startsWith('https://registry.npmjs.org/') ? [resolved] : [],
    );
    expect(hosts).toEqual([]);
  });

  it('knows the packages of every platform, without which `npm ci` refuses to begin', () => {
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          !places.some((other) => other.endsWith(`node_modules/${name}`)) && `${place} ${name}`,
      ),
    );
    expect(missing).toEqual([]);
  });
});
