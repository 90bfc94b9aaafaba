import { isObject, type Json } from './json.ts';
import type { ItemBatcher, ItemReader, MapState, ResultWriter, StateBase } from './machine.ts';
import type { Fields } from './parseFields.ts';
import { parseGraph, type Surroundings } from './parseMachine.ts';

const LABEL_CHARS_MAX = 40;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;

const template = (fields: Fields, base: StateBase): Json | undefined =>
  base.language === 'JSONata' ? fields.expressions('Arguments') : fields.template('Parameters');

const parseReader = (state: Fields, base: StateBase): ItemReader | undefined => {
  const reader = state.object('ItemReader');
  if (!reader) return undefined;
  const config = reader.raw('ReaderConfig');
  if (config !== undefined && !isObject(config)) {
    reader.problem('Expected value of type Object', 'ReaderConfig');
  }
  const made: ItemReader = {
    resource: reader.needString('Resource'),
    config: isObject(config) ? config : {},
    parameters: template(reader, base) ?? {},
  };
  const known = ['arn:aws:states:::s3:getObject', 'arn:aws:states:::s3:listObjectsV2'];
  if (made.resource !== '' && !known.includes(made.resource)) {
    reader.problem(`Expected one of ${known.join(', ')}`, 'Resource');
  }
  const settings = reader.object('ReaderConfig');
  const type = settings?.string('InputType');
  if (type !== undefined && !['CSV', 'JSON', 'JSONL'].includes(type)) {
    settings?.problem('Expected one of CSV, JSON, JSONL', 'InputType');
  }
  for (const key of Object.keys(settings?.value ?? {})) {
    if (
      ['InputType', 'CSVHeaderLocation', 'CSVHeaders', 'CSVDelimiter', 'MaxItems'].includes(key)
    ) {
      continue;
    }
    settings?.problem('Field is not supported', key);
  }
  reader.refuseRest();
  return made;
};

const parseBatcher = (state: Fields, base: StateBase): ItemBatcher | undefined => {
  const batcher = state.object('ItemBatcher');
  if (!batcher) return undefined;
  const made: ItemBatcher = {
    maxItemsPerBatch: batcher.numberField('MaxItemsPerBatch', base.language, 1, COUNT_MAX),
    maxInputBytesPerBatch: batcher.numberField('MaxInputBytesPerBatch', base.language, 1, 262_144),
    batchInput:
      base.language === 'JSONata'
        ? batcher.expressions('BatchInput')
        : batcher.template('BatchInput'),
  };
  if (!made.maxItemsPerBatch && !made.maxInputBytesPerBatch) {
    batcher.problem("'MaxItemsPerBatch' or 'MaxInputBytesPerBatch' is required");
  }
  batcher.refuseRest();
  return made;
};

const parseWriter = (state: Fields, base: StateBase): ResultWriter | undefined => {
  const writer = state.object('ResultWriter');
  if (!writer) return undefined;
  const config = writer.object('WriterConfig');
  if (config) {
    for (const [key, values] of [
      ['Transformation', ['NONE', 'COMPACT', 'FLATTEN']],
      ['OutputType', ['JSON', 'JSONL']],
    ] as const) {
      const value = config.string(key);
      if (value !== undefined && !values.some((v) => v === value)) {
        config.problem(`Expected one of ${values.join(', ')}`, key);
      }
    }
    config.refuseRest();
  }
  const made: ResultWriter = {
    resource: writer.string('Resource'),
    parameters: template(writer, base),
    config: config?.value,
  };
  if (made.resource !== undefined && made.resource !== 'arn:aws:states:::s3:putObject') {
    writer.problem('Expected arn:aws:states:::s3:putObject', 'Resource');
  }
  writer.refuseRest();
  return made;
};

/** Reads `ProcessorConfig`: inline unless it says DISTRIBUTED. */
const parseMode = (
  processor: Fields | undefined,
): { distributed: boolean; executionType: 'STANDARD' | 'EXPRESS' } => {
  const config = processor?.object('ProcessorConfig');
  const mode = config?.string('Mode') ?? 'INLINE';
  const type = config?.string('ExecutionType');
  if (mode !== 'INLINE' && mode !== 'DISTRIBUTED') {
    config?.problem("Expected one of 'INLINE', 'DISTRIBUTED'", 'Mode');
  }
  if (mode === 'DISTRIBUTED' && type !== 'STANDARD' && type !== 'EXPRESS') {
    config?.problem("Expected one of 'STANDARD', 'EXPRESS'", 'ExecutionType');
  }
  if (mode === 'INLINE' && type !== undefined) {
    config?.problem('ExecutionType is only allowed in mode DISTRIBUTED', 'ExecutionType');
  }
  config?.refuseRest();
  return {
    distributed: mode === 'DISTRIBUTED',
    executionType: type === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
  };
};

/** `ItemSelector`, or `Parameters` as older definitions name it. */
const parseSelector = (state: Fields, base: StateBase): Json | undefined => {
  if (base.language === 'JSONata') return state.expressions('ItemSelector');
  const selector = state.template('ItemSelector');
  const older = state.template('Parameters');
  if (selector !== undefined && older !== undefined) {
    state.problem("Only one of 'ItemSelector' and 'Parameters' is allowed");
  }
  return selector ?? older;
};

const parseItems = (state: Fields): Json | undefined => {
  const items = state.expressions('Items');
  if (items === undefined || Array.isArray(items) || isObject(items)) return items;
  if (typeof items === 'string' && items.startsWith('{%')) return items;
  state.problem('Expected an Array or a JSONata expression', 'Items');
  return undefined;
};

/** Reads a Map state, inline or distributed. */
export const parseMap = (state: Fields, base: StateBase, around: Surroundings): MapState => {
  const jsonPath = base.language === 'JSONPath';
  if (state.has('Iterator') && state.has('ItemProcessor')) {
    state.problem("Only one of 'ItemProcessor' and 'Iterator' is allowed");
  }
  const processor = state.object('ItemProcessor') ?? state.object('Iterator');
  if (!processor) state.missing('ItemProcessor');
  const mode = parseMode(processor);
  const graph = processor
    ? parseGraph(processor, base.language, { ...around, depth: around.depth + 1 })
    : { startAt: '', states: new Map() };
  processor?.string('Comment');
  processor?.refuseRest();
  const label = state.string('Label');
  if (label !== undefined && label.length > LABEL_CHARS_MAX) {
    state.problem(`A label may have at most ${LABEL_CHARS_MAX} characters`, 'Label');
  }
  const made: MapState = {
    ...base,
    ...mode,
    type: 'Map',
    processor: graph,
    itemsPath: jsonPath ? state.path('ItemsPath') : undefined,
    items: jsonPath ? undefined : parseItems(state),
    itemSelector: parseSelector(state, base),
    maxConcurrency: state.numberField('MaxConcurrency', base.language, 0, COUNT_MAX),
    toleratedFailureCount: state.numberField('ToleratedFailureCount', base.language, 0, COUNT_MAX),
    toleratedFailurePercentage: state.numberField(
      'ToleratedFailurePercentage',
      base.language,
      0,
      100,
    ),
    label,
    itemReader: parseReader(state, base),
    itemBatcher: parseBatcher(state, base),
    resultWriter: parseWriter(state, base),
  };
  if (!made.distributed) {
    for (const key of ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label']) {
      if (state.has(key)) state.problem(`${key} is only allowed in mode DISTRIBUTED`, key);
    }
  }
  return made;
};
