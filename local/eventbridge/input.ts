import { isRecord } from '../state/json.ts';

/** What a target gets instead of the whole event. At most one of them is set. */
export type InputRule = {
  readonly input?: string | undefined;
  readonly inputPath?: string | undefined;
  readonly transformer?:
    | { readonly paths: Readonly<Record<string, string>>; readonly template: string }
    | undefined;
};

/** An Input, InputPath or InputTransformer that EventBridge refuses. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

export type RuleFacts = {
  readonly ruleArn: string;
  readonly ruleName: string;
  readonly ingestedAt: string;
};

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']+)'\]/y;

/** Steps of `$`, `$.detail.state`, `$.resources[0]`, `$['detail-type']`. */
const readPath = (path: string): string[] => {
  const steps: string[] = [];
  let at = 1;
  while (path.startsWith('$') && at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (!match) break;
    steps.push(match[1] ?? match[2] ?? match[3] ?? '');
    at = STEP.lastIndex;
  }
  if (path.startsWith('$') && at === path.length) return steps;
  throw new InputError(`'${path}' is not a JSON path such as $.detail.state or $.resources[0]`);
};

const follow = (event: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, event);

const VARIABLE = /<([A-Za-z0-9_.-]+)>/y;

/** Puts values into `<name>` places: as JSON, or as text where the place stands inside a string. */
const fill = (template: string, readVariable: (name: string) => unknown): string => {
  let filled = '';
  let inString = false;
  for (let at = 0; at < template.length; ) {
    VARIABLE.lastIndex = at;
    const match = VARIABLE.exec(template);
    if (match) {
      const value = readVariable(match[1] ?? '');
      const asText =
        typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
      filled += inString ? JSON.stringify(asText).slice(1, -1) : JSON.stringify(value ?? null);
      at = VARIABLE.lastIndex;
      continue;
    }
    const char = template[at] ?? '';
    const length = inString && char === '\\' ? 2 : 1;
    if (char === '"') inString = !inString;
    filled += template.slice(at, at + length);
    at += length;
  }
  return filled;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const RESERVED = new Set([
  'aws.events.rule-arn',
  'aws.events.rule-name',
  'aws.events.event',
  'aws.events.event.json',
  'aws.events.event.ingestion-time',
]);

/** Throws InputError for a rule that could never give a target valid JSON. */
export const checkInput = ({ input, inputPath, transformer }: InputRule): void => {
  const set = [input, inputPath, transformer].filter((one) => one !== undefined);
  if (set.length > 1) {
    throw new InputError('only one of Input, InputPath, or InputTransformer must be provided');
  }
  if (input !== undefined && !isJson(input)) throw new InputError('JSON syntax error in Input');
  if (inputPath !== undefined) readPath(inputPath);
  if (!transformer) return;
  for (const [name, path] of Object.entries(transformer.paths)) {
    if (/^aws\./i.test(name)) throw new InputError(`the variable name '${name}' is reserved`);
    readPath(path);
  }
  const sample = fill(transformer.template, (name) => {
    if (RESERVED.has(name) || Object.hasOwn(transformer.paths, name)) return 'x';
    throw new InputError(`InputTemplate has <${name}>, which InputPathsMap does not define`);
  });
  if (!isJson(sample)) throw new InputError('InputTemplate does not give valid JSON');
};

/** The JSON text that the target gets for `event`. */
export const targetInput = (
  { input, inputPath, transformer }: InputRule,
  event: Readonly<Record<string, unknown>>,
  facts: RuleFacts,
): string => {
  if (input !== undefined) return input;
  if (inputPath !== undefined) return JSON.stringify(follow(event, readPath(inputPath)) ?? null);
  if (!transformer) return JSON.stringify(event);
  return fill(transformer.template, (name) => {
    switch (name) {
      case 'aws.events.rule-arn':
        return facts.ruleArn;
      case 'aws.events.rule-name':
        return facts.ruleName;
      case 'aws.events.event.ingestion-time':
        return facts.ingestedAt;
      case 'aws.events.event.json':
      case 'aws.events.event': {
        const { detail: _, ...envelope } = event;
        return name === 'aws.events.event' ? envelope : event;
      }
      default:
        return follow(event, readPath(transformer.paths[name] ?? '$'));
    }
  });
};
