import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Every test file, and every command that one starts, loads the same modules. */
const COMPILED = path.join(import.meta.dirname, 'node_modules/.cache/failover-drill/compiled');

/**
 * Files that take longest, for a machine on which they never ran: begun last, one of them would be waited
 * for alone.
 */
const LONGEST = [
  'integration/failover/crashSweep',
  'integration/drill/resume',
  'integration/promotion/promotion',
  'integration/promotion/interrupted',
  'integration/drill/slack',
  'integration/drill/inputs',
  'integration/failover/watchCommand',
  'integration/failover/watchCommandCrash',
  'integration/drill/marks',
  'integration/drill/rehearsal',
  'integration/failover/quorumFailover',
  'integration/drill/up',
  'integration/drill/vantage',
  'integration/services/watchedImage',
  'sim/system/seeds',
  'sim/system/sweep',
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const byProject = Map.groupBy(await super.sort(files), ({ project: of }) => of);
    return [...byProject.values()].flatMap((one) => one.toSorted((a, b) => rankOf(a) - rankOf(b)));
  }
}

/**
 * One module graph for all files of a worker: loading it anew for each was half of the processor time. For tests that
 * leave nothing behind in their process; made-up clients of AWS are taken back (`test/support/mockedClient.ts`).
 */
const SHARED = { pool: 'threads', isolate: false };

const project = (name: string, testTimeout: number, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    // Where it is left out, one second: less than a busy machine may take.
    expect: { poll: { timeout: 60_000 } },
    env: { NODE_COMPILE_CACHE: COMPILED },
    // Vitest would leave a core to itself, which is one of two on a small machine.
    maxWorkers: '100%',
    ...extra,
  },
});

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      // `npm test` runs them beside those that run in real time, and lets those go first: their limits allow for it.
      project('unit', 60_000, SHARED),
      project('sim', 240_000),
      project('property', 120_000),
      project('architecture', 60_000),
      project('contract', 120_000, { retry: 1 }),
      project('asl', 60_000),
      // Its files package into one cached folder.
      project('package', 300_000, { fileParallelism: false }),
      // Real sockets and processes beside whatever else the machine does: one repeat tells a stumble
      // from a fault. Most of the time they wait, so two files share the machine: with a third, those that
      // watch real time were late on two cores.
      project('integration', 600_000, { maxWorkers: 2, sequence: { groupOrder: 1 }, retry: 1 }),
      project('e2e', 600_000, { fileParallelism: false }),
      // Judges what the whole-machine tests before it noted.
      project('iam', 120_000),
    ],
  },
});
