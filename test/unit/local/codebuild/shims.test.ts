// Goal: the docker command of a build obeys or refuses, and never half obeys.
import { describe, expect, it } from 'vitest';
import {
  parseBuildCommand,
  parseInspectCommand,
} from '../../../../local/codebuild/shims/dockerArguments.ts';
import { fillFormat } from '../../../../local/codebuild/shims/dockerFormat.ts';

describe('docker build', () => {
  it('reads both ways of giving values, and keeps odd ones whole', () => {
    const odd = `A=it's "$HOME" \`id\` = x`;
    const args = [
      '-t',
      'a:1',
      '--tag=b:2',
      '--target',
      'slim',
      '--build-arg',
      odd,
      '-f',
      'd/Dockerfile',
    ];
    const more = [
      '--progress=plain',
      '--provenance=false',
      '--metadata-file',
      'm.json',
      '--no-cache',
      '.',
    ];
    expect(parseBuildCommand([...args, ...more], {})).toMatchObject({
      metadataFile: 'm.json',
      tags: ['a:1', 'b:2'],
      target: 'slim',
      buildArgs: { A: `it's "$HOME" \`id\` = x` },
      file: 'd/Dockerfile',
      noCache: true,
      push: false,
      context: '.',
    });
  });

  it('takes an argument without a value from the environment, or leaves it unset', () => {
    const { buildArgs } = parseBuildCommand(['--build-arg', 'A', '--build-arg', 'B', '.'], {
      A: '1',
    });
    expect(buildArgs).toEqual({ A: '1' });
  });

  it.each([
    [['--secret', 'id=x', '.'], 'the option --secret is not known here'],
    [['-t'], '-t needs a value'],
    [['-t', 'x'], 'no build context'],
    [['.', 'more'], 'unexpected words more'],
    [['https://example.test/x.git'], 'the context must be a folder'],
    [['--network', 'none', '.'], '--network none is not known'],
  ])('refuses %j', (args, message) => {
    expect(() => parseBuildCommand(args, {})).toThrow(message);
  });
});

it('docker inspect takes a format in all its spellings', () => {
  expect(parseInspectCommand(['--format', '{{.Id}}', 'x'])).toEqual({
    format: '{{.Id}}',
    names: ['x'],
  });
  expect(parseInspectCommand(['-f', 'y', 'x', 'z'])).toEqual({ format: 'y', names: ['x', 'z'] });
  expect(() => parseInspectCommand(['--size', 'x'])).toThrow('--size is not known');
  expect(() => parseInspectCommand([])).toThrow('no image is named');
});

describe('--format', () => {
  const image = {
    Id: 'sha256:1',
    Size: 5,
    RepoDigests: ['r@d'],
    Config: { Labels: { 'a.b': 'c' } },
  };
  it.each([
    ['{{.Id}} {{ .Size }}', 'sha256:1 5'],
    ['{{index .RepoDigests 0}}', 'r@d'],
    ['{{index .Config.Labels "a.b"}}|{{index .Config.Labels "none"}}|', 'c||'],
    ['{{json .Config.Labels}}', '{"a.b":"c"}'],
  ])('%s', (template, expected) => {
    expect(fillFormat(template, image)).toBe(expected);
  });
  it.each([
    ['{{.Nothing}}', "can't evaluate field Nothing"],
    ['{{index .RepoDigests 3}}', 'index out of range: 3'],
    ['{{range .RepoDigests}}x{{end}}', 'is not known here'],
  ])('%s is refused', (template, message) => {
    expect(() => fillFormat(template, image)).toThrow(message);
  });
});
