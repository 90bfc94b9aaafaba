// Goal: a state machine is still well formed as it is packaged, with the names that CloudFormation puts in.
// Method: the definition of each machine in the compiled template, substituted, through asl-validator and through
// the interpreter's own reading.
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { loadMachine } from '../../local/stepfunctions/loadMachine.ts';
import { parseMachine } from '../../local/stepfunctions/parseMachine.ts';
import { ofType, ROLES, type Role, type Template, templates } from './templates.ts';

type Validator = (definition: unknown) => { isValid: boolean; errorsText: () => string };
const validate: Validator = createRequire(import.meta.url)('asl-validator');

const Machine = z.looseObject({
  Definition: z.record(z.string(), z.unknown()),
  DefinitionSubstitutions: z.record(z.string(), z.unknown()),
});

let all: Record<Role, Template>;
beforeAll(async () => {
  all = await templates();
});

/** What a name stands for once deployed: itself, or the kind of thing it refers to. */
const filled = (name: string, value: unknown): string =>
  typeof value === 'string' ? value : `arn:aws:lambda:eu-central-1:000000000000:function:${name}`;

describe.each(ROLES)('the machines of role %s', (role) => {
  it('are well formed as packaged, and the interpreter reads them', () => {
    for (const [id, { Properties }] of ofType(all[role], 'AWS::StepFunctions::StateMachine')) {
      const { Definition, DefinitionSubstitutions } = Machine.parse(Properties);
      const names = Object.entries(DefinitionSubstitutions).map(
        ([name, value]) => [name, filled(name, value)] as const,
      );
      const text = loadMachine(JSON.stringify(Definition), Object.fromEntries(names));
      expect(text, id).not.toContain('${');
      expect(() => parseMachine(text), id).not.toThrow();
      const { isValid, errorsText } = validate(JSON.parse(text));
      expect(isValid ? '' : errorsText(), id).toBe('');
    }
  });
});

it('are all there', () => {
  const count = ROLES.flatMap((role) => ofType(all[role], 'AWS::StepFunctions::StateMachine'));
  expect(count.length).toBe(5);
});
