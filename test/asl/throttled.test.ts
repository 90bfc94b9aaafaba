// Goal: functions that AWS takes no calls for hold a move up for as long as that lasts, up to two minutes, and do not end
// it in HOLD; without that, the retries for it cost nothing.
// Method: the machines as they are, whole, on a virtual clock; the calls of Lambda are refused as AWS words it.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../local/stepfunctions/random.ts';
import type { TaskRequest } from '../../local/stepfunctions/runtime.ts';
import { type Ended, functionAnswer, START_MS, startMachines } from '../support/stateMachines.ts';
import { definitionOf } from './machines.ts';

const SECOND_MS = 1_000;
const TWO_MINUTES_MS = 120 * SECOND_MS;
const SEEDS = 12;

const INPUT = {
  service: 'shop',
  execution: {
    ...{ name: 'shop-0-1', decisionId: 'a1b2', cause: 'down', automatic: true },
    ...{ from: 'eu-west-1', to: 'eu-central-1', epoch: 1 },
  },
};
const SAID = { ok: true, why: 'told' };

/** What each function answers when all goes well, everything being asked for. */
const ANSWERS: Readonly<Record<string, object>> = {
  AcquireLeaseFunction: {
    ...{ ...SAID, won: true, leaseWonAtMs: 1 },
    ...{ fence: true, scale: true, listener: true },
  },
  FenceFunction: { ...SAID, waitSeconds: 0 },
  ScaleStandbyFunction: SAID,
  FlipFunction: { ...SAID, done: true, superseded: false, changeId: 'C1', shift: null },
  VerifyFunction: { ...SAID, oldSideNoWorse: false },
  FinishFunction: { outcome: 'done' },
};

const nameOf = ({ input }: TaskRequest): string =>
  String(Reflect.get(Object(input), 'FunctionName'));

const tooMany = (): Error =>
  Object.assign(new Error('Rate Exceeded.'), {
    name: 'TooManyRequestsException',
    $metadata: { httpStatusCode: 429 },
  });

/** Runs a machine whose functions are refused this share of their calls for two minutes. */
const moved = async (
  machine: string,
  share: number,
  seed: number,
  refused: (name: string) => boolean = () => true,
): Promise<Ended> => {
  const random = seededRandom(seed);
  let now = () => START_MS;
  const machines = startMachines(
    (request) => {
      const name = nameOf(request);
      const lasts = now() < START_MS + TWO_MINUTES_MS;
      if (lasts && refused(name) && random() < share) throw tooMany();
      return functionAnswer(ANSWERS[name]);
    },
    { seed },
  );
  now = () => machines.clock.now();
  try {
    return await machines.run(JSON.parse(definitionOf(machine)), INPUT);
  } finally {
    await machines.close();
  }
};

describe.each(['statemachines/failover.asl.yaml', 'statemachines/failback.asl.yaml'])(
  '%s',
  (machine) => {
    it('comes to its end while 60 % of its calls are refused', async () => {
      const ends = [];
      for (let seed = 1; seed <= SEEDS; seed++) ends.push(await moved(machine, 0.6, seed));
      expect(ends.map(({ status }) => status)).toEqual(Array(SEEDS).fill('SUCCEEDED'));
      const took = ends.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
      // Eight calls, one and a half refusals each, a wait of up to a second first and then of up to two.
      expect(took[SEEDS / 2]).toBeLessThan(20 * SECOND_MS);
      expect(took.at(-1)).toBeLessThan(60 * SECOND_MS);
    });

    it('goes on within seconds once calls are taken that none were for two minutes', async () => {
      const { status, tookMs } = await moved(machine, 1, 7);
      expect(status).toBe('SUCCEEDED');
      expect(tookMs).toBeGreaterThanOrEqual(TWO_MINUTES_MS);
      expect(tookMs).toBeLessThanOrEqual(TWO_MINUTES_MS + 5 * SECOND_MS);
    });

    it('waits for nothing where no call is refused', async () => {
      expect(await moved(machine, 0, 7)).toMatchObject({ status: 'SUCCEEDED', tookMs: 0 });
    });
  },
);

it('a listener that cannot be closed for it holds a failover up for seconds', async () => {
  let fenced = 0;
  const isListener = (name: string): boolean => name === 'FenceFunction' && ++fenced > 1;
  const { status, tookMs } = await moved('statemachines/failover.asl.yaml', 1, 3, isListener);
  expect(status).toBe('SUCCEEDED');
  expect(tookMs).toBeLessThanOrEqual(8 * SECOND_MS);
});
