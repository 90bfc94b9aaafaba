/** Conditions of rules: read, shown, and judged for one request. */
import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2';
import { badConfiguration, invalid, need, refuseOthers } from './requests.ts';
import type { Condition, Rule } from './state.ts';

const FIELDS = ['path-pattern', 'host-header', 'http-header'] as const;
/** Quotas of a rule, over all its conditions. */
const VALUES_MAX = 5;
const WILDCARDS_MAX = 5;
const VALUE_CHARS_MAX = 128;
const HEADER_NAME_CHARS_MAX = 40;
/** A token of RFC 7230. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const readValues = (field: string, values: readonly string[] | undefined): readonly string[] => {
  if (values === undefined || values.length === 0) {
    throw invalid(`A condition value must be specified for '${field}'`);
  }
  for (const value of values) {
    if (value.length > VALUE_CHARS_MAX) {
      throw invalid(`The value '${value}' is too long; the limit is '${VALUE_CHARS_MAX}'`);
    }
  }
  return values;
};

const readHeader = (input: sdk.RuleCondition): Condition => {
  const { HttpHeaderName, Values } = input.HttpHeaderConfig ?? {};
  const name = need(HttpHeaderName, 'HttpHeaderName');
  if (name.length > HEADER_NAME_CHARS_MAX || !HEADER_NAME.test(name)) {
    throw invalid(
      `The HttpHeaderName '${name}' must have 1 to ${HEADER_NAME_CHARS_MAX} characters that RFC 7230 allows`,
    );
  }
  if (name.toLowerCase() === 'host') {
    throw invalid("The header 'host' cannot be compared by http-header: use host-header");
  }
  return { field: 'http-header', name, values: [...readValues('http-header', Values)] };
};

const readCondition = (input: sdk.RuleCondition): Condition => {
  refuseOthers('Condition', input, [
    ...['Field', 'Values', 'PathPatternConfig', 'HostHeaderConfig', 'HttpHeaderConfig'],
  ]);
  const field = FIELDS.find((one) => one === input.Field);
  if (!field) {
    throw badConfiguration(
      `The embedded load balancer has the conditions ${FIELDS.join(', ')}, not ${input.Field}`,
    );
  }
  if (field === 'http-header') return readHeader(input);
  const { Values } = input.PathPatternConfig ?? input.HostHeaderConfig ?? input;
  return { field, values: [...readValues(field, Values)] };
};

/** @throws AwsError for none, for two of a field that a rule has once, and beyond the quotas of a rule. */
export const readConditions = (inputs: readonly sdk.RuleCondition[] | undefined): Condition[] => {
  const conditions = (inputs ?? []).map(readCondition);
  if (conditions.length === 0) throw invalid('A condition must be specified');
  for (const field of ['path-pattern', 'host-header']) {
    if (conditions.filter((one) => one.field === field).length > 1) {
      throw invalid(`A rule can only have one '${field}' condition`);
    }
  }
  const values = conditions.flatMap((one) => one.values);
  if (values.length > VALUES_MAX) {
    throw invalid(`A rule can only have '${VALUES_MAX}' condition values`);
  }
  if (values.join('').replace(/[^*?]/g, '').length > WILDCARDS_MAX) {
    throw invalid(`A rule can only have '${WILDCARDS_MAX}' condition wildcards`);
  }
  return conditions;
};

export const showCondition = (condition: Condition) => {
  const { field, values: Values } = condition;
  switch (field) {
    case 'path-pattern':
      return { Field: field, Values, PathPatternConfig: { Values } };
    case 'host-header':
      return { Field: field, Values, HostHeaderConfig: { Values } };
    case 'http-header':
      return { Field: field, HttpHeaderConfig: { HttpHeaderName: condition.name, Values } };
  }
};

/** `*` stands for any text, `?` for one character. */
const matches = (pattern: string, text: string): boolean => {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
};

const matchesAnyCase = (pattern: string, text: string): boolean =>
  matches(pattern.toLowerCase(), text.toLowerCase());

export type Asked = {
  readonly path: string;
  readonly host: string;
  /** By name in small letters; each with all the values that it came with. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
};

const holds =
  ({ path, host, headers }: Asked) =>
  (condition: Condition): boolean => {
    const isMet = (text: string): boolean =>
      condition.values.some((value) =>
        condition.field === 'path-pattern' ? matches(value, text) : matchesAnyCase(value, text),
      );
    switch (condition.field) {
      case 'path-pattern':
        return isMet(path);
      case 'host-header':
        return isMet(host);
      case 'http-header':
        return headers[condition.name.toLowerCase()]?.some(isMet) ?? false;
    }
  };

/** The first rule whose conditions all hold; the default rule has none. */
export const ruleFor = (rules: readonly Rule[], asked: Asked): Rule | undefined =>
  rules.find(({ conditions }) => conditions.every(holds(asked)));
