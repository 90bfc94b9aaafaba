import { StateFailure } from '../failure.ts';
import type { Json, JsonObject } from '../json.ts';
import type { MapState, ResultWriter } from '../machine.ts';
import type { ChildEnd, Frame, Run } from '../runtime.ts';
import { serviceError } from './errors.ts';
import { s3Arguments } from './itemReader.ts';

/** One child execution in the form result files have. */
const described = (run: Run, end: ChildEnd): JsonObject => ({
  ExecutionArn: end.arn,
  Input: JSON.stringify(end.input),
  InputDetails: { Included: true },
  Name: end.name,
  ...(end.ok
    ? { Output: JSON.stringify(end.output), OutputDetails: { Included: true } }
    : { Error: end.error ?? '', Cause: end.cause ?? '' }),
  StartDate: new Date(end.startMs).toISOString(),
  StateMachineArn: run.head.machineArn,
  Status: end.ok ? 'SUCCEEDED' : 'FAILED',
  StopDate: new Date(end.stopMs).toISOString(),
});

const outputsOf = (ends: readonly ChildEnd[]): Json[] =>
  ends.flatMap((end) => (end.ok ? [end.output] : []));

/** The results in the shape the writer asks for. */
const transformed = (run: Run, ends: readonly ChildEnd[], config: JsonObject): Json[] => {
  switch (config['Transformation']) {
    case 'COMPACT':
      return outputsOf(ends);
    case 'FLATTEN':
      return outputsOf(ends).flatMap((output) => (Array.isArray(output) ? output : [output]));
    default:
      return ends.map((end) => described(run, end));
  }
};

const text = (items: Json[], config: JsonObject): string =>
  config['OutputType'] === 'JSONL'
    ? items.map((item) => `${JSON.stringify(item)}\n`).join('')
    : JSON.stringify(items);

/**
 * Writes the results of a Map run to S3: one file per outcome and a manifest that names them. Gives
 * the state's result. Throws StateFailure of States.ResultWriterFailed.
 */
export const writeResults = async (
  run: Run,
  frame: Frame,
  state: MapState,
  writer: ResultWriter,
  mapRunArn: string,
  ends: readonly ChildEnd[],
): Promise<Json> => {
  const config = writer.config ?? {};
  if (writer.resource === undefined) return transformed(run, ends, config);
  const { Bucket, Prefix } = await s3Arguments(run, frame, state, writer.parameters ?? {});
  const runId = mapRunArn.split(':').at(-1) ?? '';
  const folder = `${typeof Prefix === 'string' && Prefix !== '' ? `${Prefix}/` : ''}${runId}`;
  const put = async (name: string, body: string): Promise<JsonObject> => {
    const Key = `${folder}/${name}`;
    const input = { Bucket: Bucket ?? '', Key, Body: body };
    const { region, roleArn } = run.head;
    const { signal } = frame;
    try {
      await run.tools.gateway.call({
        service: 's3',
        action: 'PutObject',
        input,
        region,
        roleArn,
        signal,
      });
    } catch (error) {
      const { cause } = serviceError({ service: 's3', sdk: true }, error);
      throw new StateFailure({ error: 'States.ResultWriterFailed', cause });
    }
    return { Key, Size: Buffer.byteLength(body) };
  };
  const suffix = config['OutputType'] === 'JSONL' ? 'jsonl' : 'json';
  const file = async (name: string, some: readonly ChildEnd[]): Promise<Json[]> => {
    if (some.length === 0) return [];
    return [await put(`${name}_0.${suffix}`, text(transformed(run, some, config), config))];
  };
  const files = {
    FAILED: await file(
      'FAILED',
      ends.filter((end) => !end.ok),
    ),
    PENDING: [],
    SUCCEEDED: await file(
      'SUCCEEDED',
      ends.filter((end) => end.ok),
    ),
  };
  const manifest = { DestinationBucket: Bucket ?? '', MapRunArn: mapRunArn, ResultFiles: files };
  const { Key = '' } = await put('manifest.json', JSON.stringify(manifest));
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: Bucket ?? '', Key } };
};
