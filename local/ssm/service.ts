import type * as SSM from '@aws-sdk/client-ssm';
import type { Clock } from '../clock.ts';
import { requireMembers } from '../wire/required.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { pageOf, passes, underPath } from './filters.ts';
import { arnOf, newCover, openParameters, type Parameter, type Parameters } from './parameters.ts';

export type SsmOptions = { readonly dataDir: string; readonly clock: Clock };

const NAME = /^[a-zA-Z0-9_./-]+$/;
const VALUE_BYTES_MAX = 4096;
const DEPTH_MAX = 15;
const BY_PATH_MAX = 10;
const DESCRIBE_MAX = 50;
const NAMES_MAX = 10;

const invalid = (message: string) => new AwsError('ValidationException', message, {}, 400);
// AWS sends this error without a message.
const notFound = () => new AwsError('ParameterNotFound', '');

const checkName = (name: string): void => {
  if (!NAME.test(name) || name.length > 2048) {
    throw invalid(
      `Parameter name: can't be empty and only a mix of letters, numbers and ._-/: ${name}`,
    );
  }
  if (/^\/?(aws|ssm)(?![a-z])/i.test(name)) {
    throw invalid(
      `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive): ${name}`,
    );
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw invalid(`Parameter name must be a fully qualified name: ${name}`);
  }
  if (name.split('/').length - 1 > DEPTH_MAX) {
    const what = `A hierarchy can have a maximum of ${DEPTH_MAX} levels: ${name}`;
    throw new AwsError('HierarchyLevelLimitExceededException', what);
  }
};

const checkValue = (value: string, allowedPattern: string | undefined): void => {
  // The value never goes into a message: it may be a secret.
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) {
    throw invalid(`Standard tier parameters support a maximum of ${VALUE_BYTES_MAX} bytes`);
  }
  if (allowedPattern === undefined) return;
  let pattern: RegExp;
  try {
    pattern = new RegExp(allowedPattern);
  } catch {
    throw new AwsError('InvalidAllowedPatternException', `not a pattern: ${allowedPattern}`);
  }
  if (!pattern.test(value)) {
    const what = `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`;
    throw new AwsError('ParameterPatternMismatchException', what);
  }
};

/** A name may carry the ARN before it and a version after it. */
const reference = (
  text: string,
): { readonly name: string; readonly version: number | undefined } => {
  const inArn = /^arn:aws[^:]*:ssm:[^:]*:\d+:parameter(\/.+)$/.exec(text)?.[1];
  const [name = '', selector] = (inArn ?? text).split(':');
  if (selector === undefined) return { name, version: undefined };
  const version = Number(selector);
  if (!Number.isSafeInteger(version)) {
    throw new AwsError('ParameterVersionNotFound', `no label ${selector} of parameter ${name}`);
  }
  return { name, version };
};

const shown = (parameter: Parameter, region: string, decrypt: boolean) => ({
  Name: parameter.name,
  Type: parameter.type,
  Value: parameter.type === 'SecureString' && !decrypt ? parameter.cover : parameter.value,
  Version: parameter.version,
  LastModifiedDate: new Date(parameter.modifiedMs),
  ARN: arnOf(region, parameter.name),
  DataType: 'text',
});

const find = (parameters: Parameters, text: string): Parameter | undefined => {
  const { name, version } = reference(text);
  const parameter = parameters.get(name) ?? parameters.get(name.replace(/^\//, ''));
  if (parameter && version !== undefined && version !== parameter.version) {
    const what = `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`;
    throw new AwsError('ParameterVersionNotFound', what);
  }
  return parameter;
};

/** Parameter Store: the latest version of each parameter, per region, on disk. */
export const createSsm = ({ dataDir, clock }: SsmOptions) => {
  const regions = new Map<string, Promise<Parameters>>();
  const parametersOf = ({ region }: CallContext): Promise<Parameters> => {
    const open = regions.get(region) ?? openParameters(dataDir, region);
    regions.set(region, open);
    return open;
  };

  const putParameter = async (input: SSM.PutParameterCommandInput, call: CallContext) => {
    requireMembers(input, ['Name', 'Value']);
    const { Name: name, Value: value, AllowedPattern: allowedPattern } = input;
    const parameters = await parametersOf(call);
    checkName(name);
    checkValue(value, allowedPattern);
    const old = parameters.get(name);
    if (old && !input.Overwrite) {
      const what =
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.';
      throw new AwsError('ParameterAlreadyExists', what);
    }
    const type = input.Type ?? old?.type;
    if (!type) throw invalid('A parameter type is required when you create a parameter.');
    const isSecure = type === 'SecureString';
    const version = (old?.version ?? 0) + 1;
    await parameters.put({
      name,
      type,
      value,
      version,
      modifiedMs: clock.now(),
      ...(isSecure ? { cover: newCover(), keyId: input.KeyId ?? 'alias/aws/ssm' } : {}),
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(allowedPattern === undefined ? {} : { allowedPattern }),
    });
    return { Version: version, Tier: 'Standard' };
  };

  const getParameter = async (input: SSM.GetParameterCommandInput, call: CallContext) => {
    requireMembers(input, ['Name']);
    const found = find(await parametersOf(call), input.Name);
    if (!found) throw notFound();
    return { Parameter: shown(found, call.region, input.WithDecryption ?? false) };
  };

  const getParameters = async (input: SSM.GetParametersCommandInput, call: CallContext) => {
    const parameters = await parametersOf(call);
    const names = input.Names ?? [];
    if (names.length === 0 || names.length > NAMES_MAX) {
      throw invalid(`Names must have 1 to ${NAMES_MAX} members, found ${names.length}`);
    }
    const found = names.map((name) => ({ name, parameter: find(parameters, name) }));
    return {
      Parameters: found.flatMap(({ parameter }) =>
        parameter ? [shown(parameter, call.region, input.WithDecryption ?? false)] : [],
      ),
      InvalidParameters: found.flatMap(({ name, parameter }) => (parameter ? [] : [name])),
    };
  };

  const getParametersByPath = async (
    input: SSM.GetParametersByPathCommandInput,
    call: CallContext,
  ) => {
    requireMembers(input, ['Path']);
    const { Path: folder, Recursive = false, WithDecryption = false } = input;
    const all = (await parametersOf(call)).all();
    const under = underPath(all, folder, Recursive).filter((parameter) =>
      passes(parameter, input.ParameterFilters ?? []),
    );
    const limit = Math.min(input.MaxResults ?? BY_PATH_MAX, BY_PATH_MAX);
    const { page, ...next } = pageOf(under, input.NextToken, limit);
    return {
      Parameters: page.map((parameter) => shown(parameter, call.region, WithDecryption)),
      ...next,
    };
  };

  const describeParameters = async (
    input: SSM.DescribeParametersCommandInput,
    call: CallContext,
  ) => {
    const all = (await parametersOf(call)).all();
    const wanted = all.filter((parameter) => passes(parameter, input.ParameterFilters ?? []));
    const limit = Math.min(input.MaxResults ?? DESCRIBE_MAX, DESCRIBE_MAX);
    const { page, ...next } = pageOf(wanted, input.NextToken, limit);
    return {
      Parameters: page.map((parameter) => ({
        Name: parameter.name,
        ARN: arnOf(call.region, parameter.name),
        Type: parameter.type,
        KeyId: parameter.keyId,
        LastModifiedDate: new Date(parameter.modifiedMs),
        Description: parameter.description,
        AllowedPattern: parameter.allowedPattern,
        Version: parameter.version,
        Tier: 'Standard',
        Policies: [],
        DataType: 'text',
      })),
      ...next,
    };
  };

  const operations = {
    PutParameter: putParameter,
    GetParameter: getParameter,
    GetParameters: getParameters,
    GetParametersByPath: getParametersByPath,
    DescribeParameters: describeParameters,
    async DeleteParameter(input: SSM.DeleteParameterCommandInput, call: CallContext) {
      requireMembers(input, ['Name']);
      const parameters = await parametersOf(call);
      const found = find(parameters, input.Name);
      if (!found) throw notFound();
      await parameters.remove(found.name);
      return {};
    },
    async DeleteParameters(input: SSM.DeleteParametersCommandInput, call: CallContext) {
      const parameters = await parametersOf(call);
      const deleted: string[] = [];
      const missing: string[] = [];
      for (const name of input.Names ?? []) {
        const found = find(parameters, name);
        if (found) await parameters.remove(found.name);
        (found ? deleted : missing).push(name);
      }
      return { DeletedParameters: deleted, InvalidParameters: missing };
    },
  } satisfies Operations;

  return { operations, close: async (): Promise<void> => undefined };
};
