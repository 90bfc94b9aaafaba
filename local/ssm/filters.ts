import type { ParameterStringFilter } from '@aws-sdk/client-ssm';
import { AwsError } from '../wire/types.ts';
import type { Parameter } from './parameters.ts';

const isUnder = (name: string, folder: string, recursive: boolean): boolean => {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  if (!name.startsWith(prefix)) return false;
  return recursive || !name.slice(prefix.length).includes('/');
};

/** Parameters below a path, at any depth or only the next one. */
export const underPath = (
  all: readonly Parameter[],
  folder: string,
  recursive: boolean,
): Parameter[] => {
  if (!folder.startsWith('/')) {
    const what = `The parameter path must begin with a slash "/": ${folder}`;
    throw new AwsError('ValidationException', what, {}, 400);
  }
  return all.filter(({ name }) => isUnder(name, folder, recursive));
};

const FIELD_OF: Readonly<Record<string, (parameter: Parameter) => string>> = {
  Name: ({ name }) => name,
  Type: ({ type }) => type,
  KeyId: ({ keyId }) => keyId ?? '',
};

const compare: Readonly<Record<string, (field: string, value: string) => boolean>> = {
  Equals: (field, value) => field === value,
  BeginsWith: (field, value) => field.startsWith(value),
  Contains: (field, value) => field.includes(value),
};

/** Holds a parameter against ParameterFilters; unknown keys and options are errors, as on AWS. */
export const passes = (parameter: Parameter, filters: readonly ParameterStringFilter[]): boolean =>
  filters.every(({ Key = '', Option, Values = [] }) => {
    if (Key === 'Path') {
      const recursive = Option === 'Recursive';
      return Values.some((folder) => isUnder(parameter.name, folder, recursive));
    }
    const field = FIELD_OF[Key];
    if (!field) {
      throw new AwsError('InvalidFilterKey', `The filter key ${Key} is not valid`, {}, 400);
    }
    const test = compare[Option ?? 'Equals'];
    if (!test) {
      const what = `The filter option ${Option} is not valid for ${Key}`;
      throw new AwsError('InvalidFilterOption', what, {}, 400);
    }
    return Values.some((value) => test(field(parameter), value));
  });

/** A page of a list, and the token of the next one. Tokens are positions, good while nothing changes. */
export const pageOf = <T>(
  all: readonly T[],
  token: string | undefined,
  limit: number,
): { readonly page: T[]; readonly NextToken?: string } => {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isSafeInteger(start) || start < 0) {
    throw new AwsError('InvalidNextToken', 'The specified token is not valid.', {}, 400);
  }
  const end = start + limit;
  const page = all.slice(start, end);
  return end < all.length ? { page, NextToken: String(end) } : { page };
};
