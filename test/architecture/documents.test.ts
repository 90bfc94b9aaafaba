// Goal: what the documents say is there, is there.
// Method: follow every link, look up every command and script, and compare recorded output with its file.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOY_CHECKS } from '../../core/deploy/findings.ts';
import { withOutputs } from '../../scripts/docs.ts';
import { permissionsText } from '../../scripts/permissions.ts';
import { PROFILE_NAMES } from '../../sim/faults/profiles.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const DOCUMENTS = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })];

/** Names in code spans and code blocks that look like this. */
const named = (pattern: RegExp): { file: string; name: string }[] =>
  DOCUMENTS.flatMap((file) =>
    [...read(file).matchAll(pattern)].map((match) => ({ file, name: match[1] ?? '' })),
  );

/** Anchors of a page, as GitHub makes them of its headings. */
const anchorsOf = (file: string): string[] =>
  [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

describe('the documents', () => {
  it('are there', () => {
    expect(DOCUMENTS).toEqual(
      expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']),
    );
  });

  it('link to what is there', () => {
    const links = named(/\]\((?!https?:|#)([^)#\s]+)/g);
    expect(links.length).toBeGreaterThan(5);
    const dead = links.filter(
      ({ file, name }) => !existsSync(path.resolve(ROOT, path.dirname(file), name)),
    );
    expect(dead).toEqual([]);
  });

  it('link to headings that are there', () => {
    const links = named(/\]\((?!https?:)([^)\s]*#[^)\s]+)\)/g);
    expect(links.length).toBeGreaterThan(20);
    const dead = links.filter(({ file, name }) => {
      const [page = '', anchor = ''] = name.split('#');
      const target = page === '' ? file : path.join(path.dirname(file), page);
      return !anchorsOf(target).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it('name files and folders that are there', () => {
    const files = named(
      /`((?:core|events|probes|aws|functions|local|cli|dashboard|bench|scripts|test|docs|resources|statemachines|examples)\/[\w./-]*)`/g,
    );
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(({ name }) => !existsSync(path.join(ROOT, name)))).toEqual([]);
  });

  it('name scripts that are there', () => {
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
    const used = named(/npm run ([\w:]+)/g);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter(({ name }) => !scripts.includes(name))).toEqual([]);
  });

  it('name commands that are there', () => {
    const programs = globSync('cli/program/*.ts', { cwd: ROOT }).map(read).join('\n');
    const commands = [...programs.matchAll(/\.command\('(\w+)/g)].map(([, name]) => name);
    expect(commands).toContain('drill');
    const used = named(/npx failover (\w+)/g);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter(({ name }) => !commands.includes(name))).toEqual([]);
    // And none is kept from the reader.
    const told = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })].map(read).join('\n');
    expect(commands.filter((name) => !told.includes(`npx failover ${name}`))).toEqual([]);
  });

  it('show output as it was recorded (else: npm run docs)', () => {
    expect(read('README.md')).toBe(withOutputs(read('README.md')));
    expect(read('README.md')).toContain('```text\n');
  });

  it('tell every permission as the templates have it (else: npm run docs)', () => {
    const text = permissionsText();
    expect(read('docs/permissions.md')).toBe(text);
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
  });

  it('say of every alarm what it means', () => {
    const templates = globSync('resources/*.yml', { cwd: ROOT }).map(read).join('\n');
    const alarms = [
      ...templates.matchAll(/AlarmName: FailoverDrill-\$\{self:custom\.service\}-(.+)/g),
    ];
    expect(alarms.length).toBeGreaterThan(10);
    const page = read('docs/aws.md');
    const isTold = (name: string): boolean =>
      page.includes(`\`${name.endsWith('-dead-letters') ? '…-dead-letters' : name}\``);
    expect(alarms.map(([, name = '']) => name).filter((name) => !isTold(name))).toEqual([]);
  });

  it('name every check that may stand in the way of a deployment', () => {
    const page = read('docs/aws.md');
    expect(DEPLOY_CHECKS.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('name every profile of the simulation', () => {
    const page = read('docs/simulation.md');
    expect(PROFILE_NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('number decisions one after another', () => {
    const decisions = globSync('docs/adr/*.md', { cwd: ROOT })
      .map((file) => path.basename(file))
      .sort();
    expect(decisions.length).toBeGreaterThan(5);
    decisions.forEach((file, index) => {
      const number = String(index + 1).padStart(4, '0');
      expect(file.slice(0, 5)).toBe(`${number}-`);
      expect(read(`docs/adr/${file}`)).toMatch(new RegExp(`^# ${index + 1}\\. .+\n\nStatus: `));
    });
  });
});
