/** What `docker build` is asked for, as far as it means something here. */
export type BuildCommand = {
  readonly context: string;
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly tags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly idFile: string | undefined;
  /** Where the digest of what is pushed is written. */
  readonly metadataFile: string | undefined;
  readonly push: boolean;
  readonly noCache: boolean;
  readonly quiet: boolean;
};

/** A command line that cannot be carried out here; it is refused, never half obeyed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const SHORT: Readonly<Record<string, string>> = { '-t': '--tag', '-f': '--file', '-q': '--quiet' };
const WITH_VALUE = new Set(
  '--tag --file --target --build-arg --label --progress --iidfile --metadata-file --cache-from --cache-to --network --platform --provenance --sbom --builder --output'.split(
    ' ',
  ),
);
const SWITCHES = new Set([
  '--push',
  '--no-cache',
  '--quiet',
  '--load',
  '--pull',
  '--rm',
  '--force-rm',
]);

type Flags = { values: Map<string, string[]>; switches: Set<string>; rest: string[] };

const readFlags = (args: readonly string[]): Flags => {
  const flags: Flags = { values: new Map(), switches: new Set(), rest: [] };
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      flags.rest.push(word);
      continue;
    }
    const [written = '', ...after] = word.split('=');
    const name = SHORT[written] ?? written;
    if (WITH_VALUE.has(name)) {
      const value = after.length > 0 ? after.join('=') : args[++at];
      if (value === undefined) throw new UsageError(`docker build: ${word} needs a value`);
      flags.values.set(name, [...(flags.values.get(name) ?? []), value]);
    } else if (SWITCHES.has(name) && (after.length === 0 || after[0] === 'true')) {
      flags.switches.add(name);
    } else if (!SWITCHES.has(name)) {
      throw new UsageError(`docker build: the option ${written} is not known here`);
    }
  }
  return flags;
};

const pairs = (
  option: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    words.flatMap((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [[word.slice(0, at), word.slice(at + 1)]];
      if (at === 0) throw new UsageError(`docker build: ${option} ${word} has no name`);
      const value = env[word];
      return value === undefined ? [] : [[word, value]];
    }),
  );

/** Reads the words after `docker build`. `env` gives values to `--build-arg NAME` without one. */
export const parseBuildCommand = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): BuildCommand => {
  const { values, switches, rest } = readFlags(args);
  const last = (name: string) => values.get(name)?.at(-1);
  const [context, ...more] = rest;
  if (context === undefined) throw new UsageError('docker build: no build context is named');
  if (more.length > 0) throw new UsageError(`docker build: unexpected words ${more.join(' ')}`);
  if (context === '-' || /^[a-z+]+:\/\//.test(context)) {
    throw new UsageError(`docker build: the context must be a folder, not ${context}`);
  }
  const network = last('--network');
  if (network !== undefined && !['host', 'default'].includes(network)) {
    throw new UsageError(`docker build: --network ${network} is not known here`);
  }
  const output = last('--output');
  if (output !== undefined && output !== 'type=docker') {
    throw new UsageError(`docker build: --output ${output} is not known here`);
  }
  return {
    context,
    file: last('--file'),
    target: last('--target'),
    tags: values.get('--tag') ?? [],
    buildArgs: pairs('--build-arg', values.get('--build-arg') ?? [], env),
    labels: pairs('--label', values.get('--label') ?? [], {}),
    idFile: last('--iidfile'),
    metadataFile: last('--metadata-file'),
    push: switches.has('--push'),
    noCache: switches.has('--no-cache'),
    quiet: switches.has('--quiet'),
  };
};

/** Splits `--format x` (or `-f x`, `--format=x`) from the names of an inspect command. */
export const parseInspectCommand = (
  args: readonly string[],
): { format: string | undefined; names: string[] } => {
  const names: string[] = [];
  let format: string | undefined;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (word === '--format' || word === '-f') format = args[++at];
    else if (word.startsWith('--format=')) format = word.slice('--format='.length);
    else if (word === '--type=image') continue;
    else if (word.startsWith('-'))
      throw new UsageError(`docker inspect: ${word} is not known here`);
    else names.push(word);
  }
  if (names.length === 0) throw new UsageError('docker inspect: no image is named');
  return { format, names };
};
