import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseBuildspec } from '../../../../local/codebuild/buildspec.ts';

it('the buildspec of the project is one', () => {
  const spec = parseBuildspec(readFileSync('buildspec.yml', 'utf8'));
  expect(spec.shell).toBe('bash');
  expect(spec.exportedVariables).toContain('IMAGE_DIGEST');
  expect(Object.keys(spec.phases)).toEqual(['install', 'pre_build', 'build', 'post_build']);
});

it('commands, finally and on-failure are read, numbers become text', () => {
  const spec = parseBuildspec(
    'version: 0.2\nenv: {variables: {PORT: 80}}\nphases: {build: {on-failure: CONTINUE, commands: [make], finally: [echo x]}}',
  );
  expect(spec.variables).toEqual({ PORT: '80' });
  expect(spec.phases.build).toEqual({
    commands: ['make'],
    finally: ['echo x'],
    onFailure: 'CONTINUE',
  });
});

it.each([
  ['version: 0.1\nphases: {build: {commands: [a]}}', 'version'],
  ['version: 0.2\nphases: {deploy: {commands: [a]}}', 'Unrecognized key: "deploy"'],
  ['version: 0.2\nphases: {}', 'at least one phase is needed'],
  ['version: 0.2\nartifacts: {files: [a]}\nphases: {build: {}}', 'Unrecognized key: "artifacts"'],
  ['version: 0.2\nphases: {build: {on-failure: RETRY}}', 'phases.build.on-failure'],
  ['version: [', 'YAML_FILE_ERROR'],
])('%j is refused', (text, message) => {
  expect(() => parseBuildspec(text)).toThrow(message);
});
