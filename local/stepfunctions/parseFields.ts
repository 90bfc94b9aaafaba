import { compileIntrinsic } from './intrinsics.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { compileExpression, expressionIn } from './jsonata.ts';
import { compilePath, isReferencePath } from './jsonPath.ts';
import type { NumberField, QueryLanguage } from './machine.ts';

/** One thing wrong with a definition, at a place such as `/States/Rank/Next`. */
export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly location: string;
};

/** A JSON object of a definition that is being read: every field is asked for, the rest refused. */
export class Fields {
  readonly value: JsonObject;
  readonly location: string;
  readonly problems: Problem[];
  readonly #asked = new Set<string>();

  constructor(value: JsonObject, location: string, problems: Problem[]) {
    this.value = value;
    this.location = location;
    this.problems = problems;
  }

  at(key: string): string {
    return `${this.location}/${key}`;
  }

  problem(message: string, key?: string, code = 'SCHEMA_VALIDATION_FAILED'): void {
    this.problems.push({
      code,
      message,
      location: key === undefined ? this.location || '/' : this.at(key),
    });
  }

  has(key: string): boolean {
    return Object.hasOwn(this.value, key);
  }

  raw(key: string): Json | undefined {
    this.#asked.add(key);
    return this.has(key) ? this.value[key] : undefined;
  }

  string(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'string') return value;
    this.problem('Expected value of type String', key);
    return undefined;
  }

  needString(key: string): string {
    const value = this.string(key);
    if (value === undefined && !this.has(key)) this.missing(key);
    return value ?? '';
  }

  missing(key: string): void {
    this.problem(`The field '${key}' is required but was missing`, undefined);
  }

  boolean(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.problem('Expected value of type Boolean', key);
    return undefined;
  }

  number(key: string, min: number, max: number, whole = true): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
      this.problem(`Expected value of type ${whole ? 'Integer' : 'Float'}`, key);
      return undefined;
    }
    if (value < min || value > max) {
      const most = max === Number.POSITIVE_INFINITY ? '' : ` and at most ${max}`;
      this.problem(`Number must be at least ${min}${most}, but was ${value}`, key);
    }
    return value;
  }

  object(key: string): Fields | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, this.at(key), this.problems);
    this.problem('Expected value of type Object', key);
    return undefined;
  }

  list(key: string): readonly (Fields | undefined)[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) {
      this.problem('Expected value of type Array', key);
      return undefined;
    }
    return value.map((item, i) => {
      if (isObject(item)) return new Fields(item, `${this.at(key)}[${i}]`, this.problems);
      this.problem('Expected value of type Object', `${key}[${i}]`);
      return undefined;
    });
  }

  /** Refuses every field that nobody asked for. */
  refuseRest(why: (key: string) => string | undefined = () => undefined): void {
    for (const key of Object.keys(this.value)) {
      if (this.#asked.has(key)) continue;
      this.problem(why(key) ?? 'Field is not supported', key);
    }
  }

  path(key: string): string | undefined {
    const value = this.string(key);
    if (value !== undefined) this.checkPath(value, key);
    return value;
  }

  nullablePath(key: string): string | null | undefined {
    if (this.raw(key) === null) return null;
    return this.path(key);
  }

  checkPath(text: string, key: string, intrinsics = false): void {
    try {
      if (intrinsics && text.startsWith('States.')) compileIntrinsic(text);
      else compilePath(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const kind = intrinsics ? 'JSONPath or intrinsic function' : 'JSONPath';
      this.problem(`Value is not a valid ${kind}: ${reason}`, key);
    }
  }

  referencePath(key: string): string | null | undefined {
    const value = this.nullablePath(key);
    if (typeof value === 'string' && isSound(value) && !isReferencePath(compilePath(value))) {
      this.problem('Value is not a Reference Path', key);
    }
    return value;
  }

  /** A JSONPath payload template: keys ending in `.$` hold paths or intrinsic functions. */
  template(key: string): Json | undefined {
    const value = this.raw(key);
    if (value !== undefined) this.#checkTemplate(value, key);
    return value;
  }

  #checkTemplate(value: Json, key: string): void {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) this.#checkTemplate(item, `${key}[${i}]`);
    }
    if (!isObject(value)) return;
    for (const [name, member] of Object.entries(value)) {
      const place = `${key}/${name}`;
      if (!name.endsWith('.$')) this.#checkTemplate(member, place);
      else if (typeof member === 'string') this.checkPath(member, place, true);
      else {
        this.problem(`The value for the field '${name}' must be a valid JSONPath`, place);
      }
    }
  }

  /** A JSONata template: strings in `{% %}` are expressions. */
  expressions(key: string): Json | undefined {
    const value = this.raw(key);
    if (value !== undefined) this.#checkExpressions(value, key);
    return value;
  }

  #checkExpressions(value: Json, key: string): void {
    if (typeof value === 'string') this.checkExpression(value, key);
    else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) this.#checkExpressions(item, `${key}[${i}]`);
    } else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) {
        this.#checkExpressions(member, `${key}/${name}`);
      }
    }
  }

  checkExpression(text: string, key: string): void {
    const expression = expressionIn(text);
    if (expression === undefined) return;
    try {
      compileExpression(expression);
    } catch (error) {
      const reason = error instanceof Error ? error.message : messageOf(error);
      this.problem(`The JSONata expression is not valid: ${reason}`, key, 'INVALID_JSONATA');
    }
  }

  /** A number, its `Path` sibling (JSONPath) or an expression in its place (JSONata). */
  numberField(key: string, language: QueryLanguage, min: number, max: number): NumberField {
    const pathKey = `${key}Path`;
    if (language === 'JSONPath' && this.has(pathKey)) {
      if (this.has(key)) this.problem(`Only one of '${key}' and '${pathKey}' is allowed`);
      const text = this.path(pathKey);
      return text === undefined ? undefined : { kind: 'path', text, field: pathKey };
    }
    const value = this.raw(key);
    if (language === 'JSONata' && typeof value === 'string') {
      const text = expressionIn(value);
      if (text === undefined) {
        this.problem('Expected value of type Integer or a JSONata expression', key);
        return undefined;
      }
      this.checkExpression(value, key);
      return { kind: 'expression', text };
    }
    const whole = key !== 'ToleratedFailurePercentage';
    const number = this.number(key, min, max, whole);
    return number === undefined ? undefined : { kind: 'value', value: number };
  }
}

const messageOf = (error: unknown): string =>
  isObject(error) && typeof error['message'] === 'string' ? error['message'] : String(error);

const isSound = (text: string): boolean => {
  try {
    compilePath(text);
    return true;
  } catch {
    return false;
  }
};
