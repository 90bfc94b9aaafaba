/** `failover cost`: what a configuration would cost on AWS, by part, beside what else there is. */
import { PRICES, PRICES_DATE, PRICES_REGION } from '../../core/cost/prices.ts';
import type { CostOutput } from '../../events/costOutput.ts';
import { loadConfig } from '../config/load.ts';
import { checkConfig } from '../config/validate.ts';
import {
  ASSUMED,
  drillCost,
  drillsAMonth,
  imagesCost,
  othersCost,
  serviceCost,
  watchCost,
} from '../cost/figures.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { tableLines, wrap } from '../output/table.ts';

const NOT_COUNTED = [
  'free tiers and taxes',
  'your service itself where you deploy it, its data and their copies, and what it costs to serve requests',
  'networks: NAT gateways or endpoints through which tasks pull images, and joined networks',
  'queries to the zone ($0.40 a million), and what a failover itself does (cents)',
];

/** @throws Faults, DrillError `ConfigInvalid` for a configuration that is not right. */
export const costOf = (file: string, nowMs: number, stage?: string): CostOutput => {
  const { config, variants } = checkConfig(loadConfig(file, stage));
  const one = drillCost(config, variants);
  const aMonth = drillsAMonth(config, nowMs);
  const watch = watchCost(config);
  const images = imagesCost(config);
  const running = serviceCost(config);
  return {
    service: config.service,
    pricesOf: { date: PRICES_DATE, region: PRICES_REGION },
    drill: one === null ? null : { ...one, aMonth },
    images,
    watch,
    running,
    monthUsd: (one?.usd ?? 0) * aMonth + (images?.usd ?? 0) + (watch?.usd ?? 0),
    others: othersCost(watch?.observers ?? Math.max(1, config.observers.length)),
    prices: PRICES,
    notCounted: NOT_COUNTED,
  };
};

const dollars = (usd: number): string => {
  if (usd >= 100) return `$${Math.round(usd).toLocaleString('en-US')}`;
  return usd < 0.005 && usd > 0 ? '<$0.01' : `$${usd.toFixed(2)}`;
};

type Sum = { readonly usd: number; readonly parts: readonly { part: string; usd: number }[] };

const partsText = ({ parts }: Sum): string =>
  [...parts]
    .sort((a, b) => b.usd - a.usd)
    .map(({ part, usd }) => `${part} ${dollars(usd)}`)
    .join(', ');

/** What the sums rest on; without a part that costs something there is nothing that could rest on anything. */
const restsOnText = ({ drill, images, watch }: CostOutput): string => {
  const items = [drill, images, watch].flatMap((sum) => sum?.items ?? []);
  if (items.length === 0) {
    return 'Nothing to count: there is neither an image to drill nor a record to watch.';
  }
  const prices: CostOutput['prices'] = PRICES;
  const usd = (only: (grade: string) => boolean): number =>
    items.reduce((sum, { price, units }) => {
      const known = prices[price];
      return known && only(known.grade) ? sum + known.usd * units : sum;
    }, 0);
  const percent = Math.round((100 * usd((grade) => grade === 'unverified')) / usd(() => true));
  const unverified = `${percent} % of it rests on prices that nobody has looked up again (--json names them)`;
  const guessed = `builds of ${ASSUMED.buildMinutes} minutes and images of ${ASSUMED.imageMb} MB`;
  return `Rough: ${unverified}${drill === null ? '' : `, and drills with what they leave on ${guessed}`}.`;
};

const lines = (cost: CostOutput, style: Style): string[] => {
  const { drill, images, watch, running, others, pricesOf } = cost;
  const month =
    drill === null || drill.aMonth === 0
      ? 'no schedule'
      : `${drill.aMonth} a month: ${dollars(drill.usd * drill.aMonth)}`;
  return [
    `${cost.service} on AWS, in US dollars, prices of ${pricesOf.region} as of ${pricesOf.date}`,
    '',
    ...(drill === null
      ? ['a drill    none: there is no image']
      : [
          `a drill    ${dollars(drill.usd)}, at most ${dollars(drill.atMostUsd)} with all rounds; ${month}`,
          ...wrap(`           ${partsText(drill)}`, style.width, '           '),
        ]),
    ...(images === null
      ? []
      : [
          `images     ${dollars(images.usd)} a month at most: the last ${images.kept} of ${ASSUMED.imageMb} MB in each of ${images.regions} regions, as if no layer was shared`,
        ]),
    ...(watch === null
      ? ['a watch    none: there is no record']
      : [
          `a watch    ${dollars(watch.usd)} a month, ${watch.observers} ${watch.observers === 1 ? 'observer' : 'observers'}`,
          ...wrap(`           ${partsText(watch)}`, style.width, '           '),
        ]),
    `a month    ${dollars(cost.monthUsd)}`,
    ...(running === null
      ? []
      : [
          '',
          `the service itself, besides    ${dollars(running.usd)} a month in ${running.regions} regions`,
          ...wrap(`           ${partsText(running)}`, style.width, '           '),
        ]),
    '',
    ...tableLines(
      [{ title: 'Beside it' }, { title: 'a month', align: 'right' }, { title: 'does; does not' }],
      others.map(({ name, usd, does, doesNot }) => [name, dollars(usd), `${does}; ${doesNot}`]),
    ),
    '',
    ...wrap(`${restsOnText(cost)} Not counted: ${cost.notCounted.join('; ')}.`, style.width),
  ];
};

export const cost = (options: { readonly config: string }, output: Output): void => {
  const found = costOf(options.config, Date.now());
  output.result(found, (style) => lines(found, style));
};
