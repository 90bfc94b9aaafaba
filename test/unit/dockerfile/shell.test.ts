// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of shells
// Goal: a RUN line is seen as the commands it runs, in the folders and with the variables it gives them.
import { expect, it } from 'vitest';
import { commandsOf } from '../../../core/dockerfile/shell.ts';

const wordsOf = (script: string): string[][] =>
  commandsOf(script, { cwd: '/app', variables: { V: 'one two' } }).map(({ words }) => [...words]);

it.each<[string, string[][]]>([
  ['a && b || c; d | e & f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
  ['a "x && y" \'z; w\' b\\ c', [['a', 'x && y', 'z; w', 'b c']]],
  [
    'a > /dev/null 2>&1 && b &>log',
    [
      ['a', '>', '/dev/null', '2>&1'],
      ['b', '&>log'],
    ],
  ],
  ['set -e\n# rm -rf /\na # not this\nb', [['set', '-e'], ['a'], ['b']]],
  ['if [ -f x ]; then a; else b; fi', [['[', '-f', 'x', ']'], ['a'], ['b'], ['fi']]],
  ['sudo -n true', [['-n', 'true']]],
  ['A=1 env B=2 a', [['a']]],
  ['pkgs="gcc make" && install $pkgs "$V" ${W}', [['install', 'gcc', 'make', 'one two', '${W}']]],
  ['a $(b && c; d) e', [['a', '$(b && c; d)', 'e']]],
  ["sh -ec 'a && b'", [['a'], ['b']]],
  ['/bin/bash -c "a" && b', [['a'], ['b']]],
  ['a \\\n b', [['a', 'b']]],
  ['', []],
])('%j', (script, expected) => {
  expect(wordsOf(script)).toEqual(expected);
});

it('follows cd, and forgets it at the end of a subshell', () => {
  const places = commandsOf('(cd web && a) && b && cd ../x/./y && c && cd /z; d', {
    cwd: '/app',
    variables: {},
  });
  const seen = places
    .filter(({ words }) => words[0] !== 'cd')
    .map(({ words, cwd }) => [words[0], cwd]);
  expect(seen).toEqual([
    ['a', '/app/web'],
    ['b', '/app'],
    ['c', '/x/y'],
    ['d', '/z'],
  ]);
});

it('knows the environment that a command gets', () => {
  const [, first, second] = commandsOf('export A=1; B=2 first && second', {
    cwd: '/',
    variables: {},
  });
  expect([first!.env, second!.env]).toEqual([{ A: '1', B: '2' }, { A: '1' }]);
});
