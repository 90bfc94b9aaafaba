// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Dockerfiles
// Goal: the text of a Dockerfile becomes the data that the rules judge, whatever its spelling.
import { describe, expect, it } from 'vitest';
import { readDockerfile } from '../../../cli/dockerfile/read.ts';

const stepsOf = (...lines: string[]) =>
  readDockerfile(['FROM a', ...lines].join('\n'), 'Dockerfile').stages[0]!.steps;

describe('instructions', () => {
  it('keep every flag, in order, apart from the arguments', () => {
    const [run] = stepsOf(
      'RUN --mount=type=cache,target=/a --mount=type=secret,id=b --network=none x -y',
    );
    expect(run).toMatchObject({ keyword: 'RUN', args: 'x -y', line: 2, endLine: 2 });
    expect(run!.flags).toEqual([
      { name: 'mount', value: 'type=cache,target=/a' },
      { name: 'mount', value: 'type=secret,id=b' },
      { name: 'network', value: 'none' },
    ]);
  });

  it('join continued lines, without the comments and empty lines between them', () => {
    const [run, user] = stepsOf('RUN a \\', '  # no', '', '  && b \\', '  c', 'user 1');
    expect(run!.args.replace(/\s+/g, ' ')).toBe('a && b c');
    expect(run).toMatchObject({ line: 2, endLine: 6 });
    expect(user).toMatchObject({ keyword: 'USER', line: 7 });
  });

  it('continue with the character that the directive names', () => {
    const { stages } = readDockerfile(
      '# escape=`\nFROM a\nCOPY x `\n  C:\\y\\\nUSER 1',
      'Dockerfile',
    );
    expect(stages[0]!.steps.map(({ keyword }) => keyword)).toEqual(['COPY', 'USER']);
    expect(stages[0]!.steps[0]!.args).toMatch(/^x\s+C:\\y\\$/);
  });

  it('hold the bodies of their here-documents', () => {
    const [run, copy, last] = stepsOf(
      ...['RUN <<EOF', 'FROM x', '# y', 'EOF', 'COPY <<-A <<"B" /z/', '\tone', '\tA', 'two', 'B'],
      'CMD ["x"]',
    );
    expect(run!.heredocs).toEqual([{ name: 'EOF', text: 'FROM x\n# y' }]);
    expect(copy!.heredocs).toEqual([
      { name: 'A', text: '\tone' },
      { name: 'B', text: 'two' },
    ]);
    expect(last).toMatchObject({ keyword: 'CMD', line: 11 });
  });

  it('have no here-document for a shift or a here-string', () => {
    const [run] = stepsOf('RUN x=$((1<<2)) && cat <<< "z"', 'USER 1');
    expect(run!.heredocs).toEqual([]);
  });
});

it('reads stages with names in lower case, and the arguments before them', () => {
  const { globalArgs, stages } = readDockerfile(
    'ARG A=1\nARG B\nFROM --platform=$P x:${A} AS Web\nRUN a\nFROM Web\n',
    'Dockerfile',
  );
  expect(globalArgs.map(({ args }) => args)).toEqual(['A=1', 'B']);
  expect(stages.map(({ name, from, line }) => [name, from, line])).toEqual([
    ['web', 'x:${A}', 3],
    [undefined, 'Web', 5],
  ]);
});

it('reads what comments ignore, and of which instruction', () => {
  const { ignores } = readDockerfile(
    [
      '# failover:ignore a,b both of them',
      'FROM x',
      'RUN one \\',
      '  # failover:ignore c inside',
      '  two',
      '# failover:ignore',
    ].join('\n'),
    'Dockerfile',
  );
  expect(ignores).toEqual([
    { rule: 'a', reason: 'both of them', line: 1, from: 2, to: 2 },
    { rule: 'b', reason: 'both of them', line: 1, from: 2, to: 2 },
    { rule: 'c', reason: 'inside', line: 4, from: 3, to: 5 },
    { rule: '', reason: '', line: 6, from: 6, to: 6 },
  ]);
});
