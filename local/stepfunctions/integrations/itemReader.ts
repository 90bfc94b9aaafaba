import { parse } from 'csv-parse/sync';
import { expressionScope, fillTemplate, pathScope } from '../dataFlow.ts';
import { StateFailure } from '../failure.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../json.ts';
import { evaluateTemplate } from '../jsonata.ts';
import type { ItemReader, MapState } from '../machine.ts';
import type { Frame, Run } from '../runtime.ts';
import { serviceError } from './errors.ts';

const failed = (cause: string): StateFailure =>
  new StateFailure({ error: 'States.ItemReaderFailed', cause });

/** Source: Step Functions, ReaderConfig, field CSVDelimiter. */
const DELIMITERS: Record<string, string> = {
  COMMA: ',',
  PIPE: '|',
  SEMICOLON: ';',
  SPACE: ' ',
  TAB: '\t',
};

const callS3 = async (
  run: Run,
  action: string,
  input: JsonObject,
  signal: AbortSignal,
): Promise<JsonObject> => {
  try {
    const { region, roleArn } = run.head;
    const request = { service: 's3', action, input, region, roleArn, signal };
    const output = await run.tools.gateway.call(request);
    return isObject(output) ? output : {};
  } catch (error) {
    throw failed(serviceError({ service: 's3', sdk: true }, error).cause ?? 'S3 gave no reason');
  }
};

/** Parameters of the reader or writer, filled in from the state's input. */
export const s3Arguments = async (
  run: Run,
  frame: Frame,
  state: MapState,
  template: Json,
): Promise<JsonObject> => {
  const value =
    state.language === 'JSONata'
      ? await evaluateTemplate(template, 'Arguments', expressionScope(run, frame))
      : fillTemplate(template, pathScope(run, frame, frame.input), run);
  return isObject(value) ? value : {};
};

const listed = async (run: Run, input: JsonObject, signal: AbortSignal): Promise<Json[]> => {
  const items: Json[] = [];
  let token: Json | undefined;
  do {
    const request = token === undefined ? input : { ...input, ContinuationToken: token };
    const page = await callS3(run, 'ListObjectsV2', request, signal);
    if (Array.isArray(page['Contents'])) items.push(...page['Contents']);
    token = page['IsTruncated'] === true ? page['NextContinuationToken'] : undefined;
  } while (token !== undefined);
  return items;
};

const csvItems = (text: string, config: JsonObject): Json[] => {
  const given = Array.isArray(config['CSVHeaders'])
    ? config['CSVHeaders'].filter((name) => typeof name === 'string')
    : [];
  const delimiter = DELIMITERS[String(config['CSVDelimiter'] ?? 'COMMA')];
  if (delimiter === undefined) {
    throw failed(`CSVDelimiter is none of ${Object.keys(DELIMITERS).join(', ')}`);
  }
  const columns = config['CSVHeaderLocation'] === 'GIVEN' ? given : true;
  const rows: Json[] = parse(text, { columns, delimiter, skip_empty_lines: true });
  return rows;
};

const jsonItems = (text: string): Json[] => {
  const value = parseJson(text);
  if (Array.isArray(value)) return value;
  throw failed('Attempting to map over non-iterable node.');
};

const readText = (text: string, config: JsonObject): Json[] => {
  const type = config['InputType'];
  try {
    switch (type) {
      case 'CSV':
        return csvItems(text, config);
      case 'JSON':
        return jsonItems(text);
      case 'JSONL':
        return text.split('\n').flatMap((line) => (line.trim() ? [parseJson(line)] : []));
      default:
        throw failed(
          `InputType is ${JSON.stringify(type ?? null)}: one of CSV, JSON, JSONL is read`,
        );
    }
  } catch (error) {
    if (error instanceof StateFailure) throw error;
    throw failed(error instanceof Error ? error.message : String(error));
  }
};

/** The items an ItemReader gives. Throws StateFailure of States.ItemReaderFailed. */
export const readItems = async (
  run: Run,
  frame: Frame,
  state: MapState,
  reader: ItemReader,
): Promise<Json[]> => {
  const input = await s3Arguments(run, frame, state, reader.parameters);
  const items = reader.resource.endsWith(':listObjectsV2')
    ? await listed(run, input, frame.signal)
    : readText(
        String((await callS3(run, 'GetObject', input, frame.signal))['Body'] ?? ''),
        reader.config,
      );
  const max = reader.config['MaxItems'];
  return typeof max === 'number' && max > 0 ? items.slice(0, max) : items;
};
