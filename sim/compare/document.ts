/** The comparison as a document, the same bytes for the same seeds. */
import { createHash } from 'node:crypto';
import { type Comparison, compare } from './compare.ts';
import { front, markdownTable } from './table.ts';

/** Few enough for a test to run again; their hash in the document ties it to the rules. */
export const SLICE = { first: 1, last: 4 } as const;

export const sliceHash = (): string =>
  createHash('sha256')
    .update(markdownTable(compare(SLICE.first, SLICE.last, () => undefined)))
    .digest('hex');

export const documentOf = (comparison: Comparison): string => {
  const { first, last } = comparison;
  const ours = comparison.rows.filter((row) => row.ours);
  const best = front(comparison);
  const onFront = ours.filter(({ name }) => best.has(name)).map(({ name }) => name);
  return `# The detector, judged

Rules of other systems and ours on the same fault traces: ${last - first + 1} incidents of profile \`default\`, each twenty
minutes with its surroundings. Written by this command, byte for byte on any machine:

\`\`\`sh
npx failover sim --level decision --compare --seeds ${first}..${last} --save docs/detector.md
\`\`\`

![False failovers a year against delay](img/detector.svg)

${markdownTable(comparison)}

In bold: no rule that looks from outside has fewer false failovers at an equal or shorter delay. Of ours: ${onFront.join(', ') || 'none'}.

| column | meaning |
|---|---|
| false a year | moves to the standby while home had served its clients well for the two minutes before; in a year of one incident a day |
| missed | outages of three minutes or more, the standby being well, that ended without a move |
| delay | from the start of such an outage to the decision |
| moves, flapping | in an incident of profile \`flapping\`, back and forth |
| wrong region | how long a client was sent to a dead region while the other was well, per incident, with a TTL of 60 s (k8gb 30 s; proxies 0) |

## How to read it

- The rules are re-implemented as pure functions with their quirks ([sim/rules/](../sim/rules/peers.ts)), each sampling
  the trace at its own interval. \`test/sim/peers.test.ts\` holds them to what was measured of gdnsd, PowerDNS and HAProxy
  themselves, and to the documentation of the others.
- All rules look from the same five places, so a trace treats them alike: sixteen Route 53 checkers and fifteen
  Cloudflare data centres are spread over these. The real ones stand in more places.
- A cut between observers and home is counted as no outage, as clients are not cut. Where all five places are cut, no
  rule that looks from outside can know better.
- k8gb asks readiness inside the region. That sees a broken service at once and no cut around it, be it one that
  observers or one that clients meet; it is left out of what the others are measured against.
- Ours leaves a region to which most observers lose much for five minutes (\`slow.for\`); Route 53 does not see slowness.
  Where one observer has seen it well all the while, as in seed 58 with 40 % of packets lost on the way of four of five,
  some paths are bad, and that waits twice as long.
- Where the 36 s of our defaults go, in the median: 5 s until the third of five observers has sent its next steady probe,
  of which there is one each 10 s; 30 s of \`down\`; the rest until the last probe has failed, and for the vote.
- Ours stops for the day after two moves and does not go home by itself, as configured by default; its delay is that of
  the decision with all gates but those of data and capacity. Proxies need no DNS: their clients follow at once.

Slice: seeds ${SLICE.first}..${SLICE.last} give \`${sliceHash()}\`.
`;
};
