// Goal: the judge of the engine finds every difference that counts and forgives only what AWS itself varies.
// Method: a small recording, and the same history with one thing changed at a time.
import { describe, expect, it } from 'vitest';
import type { Case } from '../../conformance/cases.ts';
import { type ActualEvent, compareHistories } from '../../conformance/compare.ts';

type Recorded = Case['expected']['get_execution_history']['events'];

const recording = (events: Recorded, definition: Record<string, unknown> = {}): Case => ({
  id: 'case',
  definition,
  input: {},
  expected: { get_execution_history: { events } },
});

const entered = (id: number, previousEventId: number, name: string) => ({
  id,
  previousEventId,
  type: 'PassStateEntered',
  stateEnteredEventDetails: { input: { a: [1, '<uuid:1>'] }, name },
});
const happened = (id: number, previousEventId: number, name: string): ActualEvent => ({
  id,
  previousEventId,
  type: 'PassStateEntered',
  stateEnteredEventDetails: { input: '{"a":[1,"5f0c"]}', name },
});
const failed = (cause: string) => ({
  id: 2,
  previousEventId: 1,
  type: 'ExecutionFailed',
  executionFailedEventDetails: { error: 'E', cause },
});

const compare = (recorded: Case, actual: ActualEvent[], bindings = new Map<string, string>()) =>
  compareHistories(recorded, actual, bindings);

describe('the comparison of histories', () => {
  const recorded = recording([entered(1, 0, 'A'), failed("no '<x>' in arn:1:111111111111")]);
  const same = [happened(1, 0, 'A'), failed("no 'thing' in arn:1:000000000000")];

  it('takes other values in the place of placeholders, and JSON texts by their value', () => {
    expect(compare(recorded, same)).toEqual([]);
  });

  it.each<[string, ActualEvent[]]>([
    ['a missing event', same.slice(0, 1)],
    ['an event too many', [...same, happened(3, 2, 'B')]],
    ['another type', [same[0]!, { ...same[1]!, type: 'ExecutionAborted' }]],
    ['another id', [{ ...same[0]!, id: 7 }, same[1]!]],
    ['another previousEventId', [same[0]!, { ...same[1]!, previousEventId: 0 }]],
    ['another state', [happened(1, 0, 'B'), same[1]!]],
    ['another cause', [same[0]!, failed('something else')]],
    [
      'a payload that differs',
      [{ ...same[0]!, stateEnteredEventDetails: { input: '{"a":[2,"x"]}', name: 'A' } }, same[1]!],
    ],
    [
      'a detail that is not there',
      [same[0]!, { ...same[1]!, executionFailedEventDetails: { error: 'E' } }],
    ],
    [
      'a detail too many',
      [
        same[0]!,
        {
          ...same[1]!,
          executionFailedEventDetails: { ...Object(same[1]).executionFailedEventDetails, more: 1 },
        },
      ],
    ],
  ])('finds %s', (_, actual) => {
    expect(compare(recorded, actual)).not.toEqual([]);
  });

  it('lets branches come in any order, but each event has to follow the right one', () => {
    const events = [
      entered(1, 0, 'P'),
      entered(2, 1, 'L'),
      entered(3, 1, 'R'),
      entered(4, 2, 'L2'),
    ];
    const parallel = recording(events, { Type: 'Parallel' });
    const swapped = [
      happened(1, 0, 'P'),
      happened(2, 1, 'R'),
      happened(3, 1, 'L'),
      happened(4, 3, 'L2'),
    ];
    expect(compare(parallel, swapped)).toEqual([]);
    expect(compare(recording(events), swapped), 'without branches the order counts').not.toEqual(
      [],
    );
    const wrong = [...swapped.slice(0, 3), happened(4, 2, 'L2')];
    expect(compare(parallel, wrong)).not.toEqual([]);
  });

  it('knows the values of this run that stand behind recorded names', () => {
    const named = recording([
      {
        ...entered(1, 0, 'A'),
        stateEnteredEventDetails: { input: { url: 'queue_url' }, name: 'A' },
      },
    ]);
    const actual = [
      {
        ...happened(1, 0, 'A'),
        stateEnteredEventDetails: { input: '{"url":"http://q"}', name: 'A' },
      },
    ];
    expect(compare(named, actual, new Map([['queue_url', 'http://q']]))).toEqual([]);
    expect(compare(named, actual)).not.toEqual([]);
  });
});
