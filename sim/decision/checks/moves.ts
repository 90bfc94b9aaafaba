/** Invariants of moves and switches. */
import type { Around, Check } from './check.ts';
import { startsOf } from './check.ts';

const DAY_MS = 86_400_000;

const onePair = ({ plan, violated }: Around): Check => {
  const pair = [plan.primary, plan.standby].sort().join(' ');
  let epoch = 0;
  return {
    applied: ({ atMs, step }) => {
      const { active, other, epoch: now } = step.next.state;
      const found = [active, other].sort().join(' ');
      if (found !== pair) violated('I1', atMs, `${active} serves and ${other} stands by`);
      if (now < epoch) violated('I8', atMs, `the machine went from epoch ${epoch} to ${now}`);
      epoch = now;
    },
  };
};

const oneHolder = ({ violated }: Around): Check => {
  const holders = new Map<number, string>();
  const names = new Set<string>();
  return {
    heard: (heard, atMs) => {
      if (heard.what === 'started') {
        const { name } = heard.execution;
        if (names.has(name)) violated('I2', atMs, `${name} was started twice`);
        names.add(name);
      }
      if (heard.what !== 'lease') return;
      const { epoch, holder } = heard.lease;
      const known = holders.get(epoch) ?? holder;
      if (known !== holder)
        violated('I2', atMs, `epoch ${epoch} is held by ${known} and ${holder}`);
      holders.set(epoch, holder);
    },
  };
};

const flipsBounded = ({ plan, violated }: Around): Check => ({
  applied: (applied) => {
    const { atMs, step } = applied;
    const { perDay, failback } = plan.failover;
    for (const { execution } of startsOf(applied)) {
      const { automatic, cause } = execution;
      if (cause === 'failback' && automatic && failback === 'manual') {
        violated('I5', atMs, `${execution.name} goes home by itself`);
      }
      if (!automatic || perDay === null) continue;
      const since = step.next.state.flips.filter(
        (each) => each.automatic && step.next.savedAtMs - each.atMs < DAY_MS,
      ).length;
      if (since >= perDay) violated('I4', atMs, `${execution.name} after ${since} flips in a day`);
    }
  },
});

const switchesWritten = ({ violated }: Around): Check => {
  const done = new Set<string>();
  const writers = new Map<number, string>();
  return {
    heard: (heard, atMs) => {
      if (heard.what !== 'written') return;
      const { object, body, before } = heard.written;
      const { epoch, decisionId, state } = body;
      const key = `${object} ${epoch} ${decisionId} ${state}`;
      if (done.has(key)) violated('I6', atMs, `switch ${object} was written again: ${key}`);
      done.add(key);
      if (epoch < before) {
        violated('I8', atMs, `${heard.by} took switch ${object} from epoch ${before} to ${epoch}`);
      }
      const known = writers.get(epoch) ?? heard.by;
      if (known !== heard.by) {
        violated('I2', atMs, `${known} and ${heard.by} both wrote switches at epoch ${epoch}`);
      }
      writers.set(epoch, heard.by);
    },
  };
};

export const moveChecks = (around: Around): Check[] =>
  [onePair, oneHolder, flipsBounded, switchesWritten].map((open) => open(around));
