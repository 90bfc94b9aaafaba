/**
 * The contract tests as they are, with another program behind the endpoint in place of embedded services.
 * Every test has to pass there or to be listed with the reason; one that is listed and passes is a fault, too.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { PROJECT_FOLDER } from '../../local/stack/bundles.ts';
import { PEER_VARIABLE, type Peer, PeerCall } from '../support/wireServer.ts';
import { say } from './install.ts';

/** Tests of one file that a peer cannot pass. */
export type Listed = {
  /** Below test/contract/. */
  readonly file: string;
  /** Full names; `*` is every test of the file. */
  readonly tests: '*' | readonly string[];
  readonly why: string;
};

export type Trial = {
  readonly name: string;
  readonly peer: Omit<Peer, 'callsFile'>;
  /** Below test/contract/. */
  readonly files: readonly string[];
  readonly listed: readonly Listed[];
};

const Report = z.looseObject({
  testResults: z.array(
    z.looseObject({
      name: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.looseObject({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

export type Result = {
  readonly file: string;
  readonly test: string;
  readonly passed: boolean;
  readonly why: string;
  /** It, or what was set up for its file, has called the peer. */
  readonly called: boolean;
};

const vitest = (args: readonly string[], env: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const program = path.join(PROJECT_FOLDER, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [program, 'run', ...args], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.once('error', reject);
    child.once('exit', () => resolve());
  });

const resultsOf = (report: z.output<typeof Report>, calls: string): Result[] => {
  const callers = new Set(
    calls
      .split('\n')
      .filter(Boolean)
      .map((line) => PeerCall.parse(JSON.parse(line)))
      .flatMap(({ file, test }) => [`${file}\n${test}`, ...(test ? [] : [file])]),
  );
  return report.testResults.flatMap(({ name, message, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status, failureMessages }) => {
      const test = [...ancestorTitles, title].join(' > ');
      return {
        file: path.relative(path.join(PROJECT_FOLDER, 'test/contract'), name),
        test,
        passed: status === 'passed',
        why: (failureMessages?.[0] ?? message).split('\n')[0] ?? '',
        called: callers.has(`${name}\n${test}`) || callers.has(name),
      };
    }),
  );
};

const runTrial = async ({ peer, files }: Trial): Promise<Result[]> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'failover-peer-'));
  const [outputFile, callsFile] = [path.join(folder, 'report.json'), path.join(folder, 'calls')];
  writeFileSync(callsFile, '');
  try {
    const at = files.map((file) => path.join('test/contract', file));
    // One file after the other, since they share what the peer holds.
    const how = ['--no-file-parallelism', '--reporter=json', `--outputFile=${outputFile}`];
    const given: Peer = { ...peer, callsFile };
    await vitest(['--project', 'contract', ...how, ...at], {
      [PEER_VARIABLE]: JSON.stringify(given),
    });
    const report = Report.parse(JSON.parse(readFileSync(outputFile, 'utf8')));
    return resultsOf(report, readFileSync(callsFile, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const listedFor = ({ file, test }: Result, listed: readonly Listed[]): Listed | undefined =>
  listed.find((one) => one.file === file && (one.tests === '*' || one.tests.includes(test)));

/** What is wrong with a trial; nothing when every test passes or is listed, and no listed one passes. */
export const faultsOf = (results: readonly Result[], { files, listed }: Trial): string[] => {
  const known = new Set(results.map(({ file, test }) => `${file}: ${test}`));
  const gone = listed.flatMap(({ file, tests }) =>
    tests === '*' ? [] : tests.map((test) => `${file}: ${test}`).filter((one) => !known.has(one)),
  );
  return [
    ...gone.map((one) => `listed, and there is no such test: ${one}`),
    ...files
      .filter((file) => !results.some((one) => one.file === file))
      .map((file) => `no test has run: ${file}`),
    ...results.flatMap((result) => {
      const is = listedFor(result, listed) !== undefined;
      if (result.passed !== is) return [];
      const how = is ? 'listed, and passes' : `fails, and is not listed (${result.why})`;
      return [`${how}: ${result.file}: ${result.test}`];
    }),
  ];
};

/** Number of faults, each of them said, after a line for each file. */
export const judgePeer = async (trial: Trial): Promise<number> => {
  say(`\n${trial.name} in place of ${trial.peer.scopes.join(', ')}`);
  const results = await runTrial(trial);
  for (const file of trial.files) {
    const ofFile = results.filter((one) => one.file === file);
    const passed = ofFile.filter((one) => one.passed);
    const uncalled = passed.filter(({ called }) => !called).length;
    const aside = uncalled ? `, ${uncalled} of them without a call to it` : '';
    say(`  ${file}: ${passed.length} of ${ofFile.length} pass${aside}`);
  }
  for (const { file, tests, why } of trial.listed) {
    say(`  listed ${file}: ${tests === '*' ? 'all' : tests.join('; ')}: ${why}`);
  }
  const faults = faultsOf(results, trial);
  for (const fault of faults) say(`  FAULT ${fault}`);
  return faults.length;
};
