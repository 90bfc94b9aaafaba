// Goal: a mistyped command tells a program what is wrong as every other error does, and a person how to get help.
// Method: a command that takes an option is called with wrong words; what it prints and its exit code are kept.
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { refuseWrongWords } from '../../../cli/program/wrongWords.ts';

class Ended extends Error {}

const called = (...words: string[]) => {
  const seen = { failures: [] as string[], stderr: '', code: -1 };
  const program = new Command('failover').configureOutput({
    writeOut: () => {},
    writeErr: (text) => {
      seen.stderr += text;
    },
  });
  const drill = program.command('drill').option('--resume').option('--json');
  drill.action(() => {});
  const exit = (code: number): never => {
    seen.code = code;
    throw new Ended();
  };
  const open = (json: boolean) => ({
    json,
    failure: (error: unknown) => void seen.failures.push(String(error)),
  });
  refuseWrongWords(program, 'failover', words, exit, open);
  refuseWrongWords(drill, 'failover drill', words, exit, open);
  expect(() => program.parse(words, { from: 'user' })).toThrow(Ended);
  return seen;
};

describe('wrong words', () => {
  it('are told to a program as an error, with nothing on stderr', () => {
    const unknown = called('drill', '--resum', '--json');
    expect(unknown.failures).toEqual([
      "InputInvalid: unknown option '--resum' (Did you mean --resume?) (failover drill --help shows what there is)",
    ]);
    expect(unknown).toMatchObject({ stderr: '', code: 2 });
    expect(called('dril', '--json').failures).toEqual([
      "InputInvalid: unknown command 'dril' (Did you mean drill?) (failover --help shows what there is)",
    ]);
    expect(called('drill', 'more', '--json').failures[0]).toMatch(/^InputInvalid: too many arg/);
  });

  it('are told to a person with where to look', () => {
    expect(called('drill', '--resum')).toEqual({
      failures: [],
      stderr:
        "error: unknown option '--resum'\n(Did you mean --resume?)\n(failover drill --help shows what there is)\n",
      code: 2,
    });
    expect(called('drill', '--', '--json')).toMatchObject({ failures: [], code: 2 });
  });

  it('are not what help is, whoever asks for it', () => {
    expect(called('drill', '--help', '--json')).toEqual({ failures: [], stderr: '', code: 0 });
    const shown = called();
    expect(shown).toMatchObject({ failures: [], code: 2 });
    expect(shown.stderr).toContain('Usage: failover');
  });
});
