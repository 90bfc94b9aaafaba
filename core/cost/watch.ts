/** What watching a service costs in a month, while nothing happens. */
import { type Item, MINUTES_A_MONTH } from './prices.ts';

export type WatchSize = {
  readonly observers: number;
  readonly driver: 'quorum' | 'record';
  /** A second one in the witness, which hears every vote and does nothing while the first is well. */
  readonly controllers: 1 | 2;
  readonly intervalMs: number;
  /** Serving regions that beat, which they do where there is a replicated table. */
  readonly beating: number;
  /** Metrics that alarms look at, by where: at home, for each observer, for each region that beats. */
  readonly alarmMetrics: {
    readonly home: number;
    readonly observer: number;
    readonly beat: number;
  };
  readonly memoryMb: {
    readonly observe: number;
    readonly beat: number;
    readonly evaluate: number;
    readonly prepare: number;
  };
};

const MB_PER_GB = 1_024;
/** An observer hands over to the next one after a minute and ten seconds. */
const OBSERVE_S = 70;
const BEAT_S = 56;
const BEATS_A_MINUTE = 12;
/** As measured in the embedded cloud, rounded up. */
const EVALUATE_S = 0.1;
const PREPARE_S = 1;
/** Votes are sent every two intervals, those of both regions as one event. */
const VOTE_INTERVALS = 2;
const MINUTE_MS = 60_000;
/** Item sizes in KB, as in the embedded cloud: state with votes, one sample, what an observer knows. */
const STATE_KB = 4;
const SAMPLE_KB = 0.12;
const MEMORY_KB = 2;
/** Taking the place, and leaving it. */
const HOLDS = 2;
/** Plan, state, and what the observer before has left. */
const OBSERVER_READS = 3;
/** Plan, state and facts: every ten seconds, at each tick, and where two votes met. */
const READS_A_MINUTE = 9;
const READ_ITEMS = 3;
/** Of both regions, in one item a minute. */
const SAMPLED = 2;
const LOG_KB_PER_CALL = 1;
/** Switch objects, and options of their checks: HTTPS, string match, every 10 s. */
const SWITCHES = 3;
const SWITCH_OPTIONS = 3;

const gbSeconds = (calls: number, seconds: number, memoryMb: number): number =>
  (calls * seconds * memoryMb) / MB_PER_GB;

const item = (part: string, what: string, price: Item['price'], units: number): Item => ({
  part,
  what,
  price,
  units,
});

const observerItems = ({ observers, intervalMs, memoryMb }: WatchSize, minutes: number): Item[] => {
  const samplesKb = Math.ceil((SAMPLED * SAMPLE_KB * MINUTE_MS) / intervalMs);
  const seenKb = samplesKb + HOLDS * MEMORY_KB;
  const probing = gbSeconds(observers * minutes, OBSERVE_S, memoryMb.observe);
  return [
    item('observers', 'probing all day', 'lambdaGbSecond', probing),
    item('observers', 'what they saw', 'dynamodbWrite', observers * minutes * seenKb),
    item('observers', 'what was there', 'dynamodbRead', observers * minutes * OBSERVER_READS),
  ];
};

const heartbeatItems = ({ beating, memoryMb }: WatchSize, minutes: number): Item[] => {
  if (beating === 0) return [];
  const alive = gbSeconds(beating * minutes, BEAT_S, memoryMb.beat);
  // Once where it is written, and once for the copy in the other region.
  const writes = 2 * beating * minutes * BEATS_A_MINUTE;
  return [
    item('heartbeats', 'beating all day', 'lambdaGbSecond', alive),
    item('heartbeats', 'beats and their copies', 'dynamodbWrite', writes),
  ];
};

const switchItems = ({ driver }: WatchSize, minutes: number): Item[] => {
  if (driver === 'record') return [];
  const options = SWITCHES * SWITCH_OPTIONS;
  return [
    item('switch', 'checks of three objects, and one over them', 'checkMonth', SWITCHES + 1),
    item('switch', 'HTTPS, string match, every 10 s', 'checkOptionMonth', options),
    item('switch', 'whether it takes a write', 's3Put', minutes * SWITCHES),
    item('switch', 'what it says', 's3Get', minutes * SWITCHES),
  ];
};

const judgeItems = ({ memoryMb }: WatchSize, votes: number, minutes: number): Item[] => {
  const evaluations = votes + minutes;
  const reads = Math.min(evaluations, minutes * READS_A_MINUTE);
  const judging = gbSeconds(evaluations, EVALUATE_S, memoryMb.evaluate);
  const preparing = gbSeconds(minutes, PREPARE_S, 2 * memoryMb.prepare);
  return [
    item('judging', 'votes on the bus', 'busEvent', votes),
    item('judging', 'evaluate', 'lambdaGbSecond', judging),
    item('judging', 'prepare, with what it calls', 'lambdaGbSecond', preparing),
    item('judging', 'state', 'dynamodbWrite', evaluations * STATE_KB),
    item('judging', 'state, read', 'dynamodbRead', reads * READ_ITEMS),
  ];
};

/** Regions that a write of the lease is billed in, as if the third kept a copy that is read. */
const LEASE_REGIONS = 3;

const secondItems = (size: WatchSize, votes: number, minutes: number): Item[] => {
  if (size.controllers === 1) return [];
  const { memoryMb, alarmMetrics } = size;
  const part = 'second controller';
  const calls = votes + 2 * minutes;
  const judging = gbSeconds(votes + minutes, EVALUATE_S, memoryMb.evaluate);
  const waiting = gbSeconds(minutes, EVALUATE_S, memoryMb.prepare);
  return [
    item(part, 'votes on its bus', 'busEvent', votes),
    item(part, 'evaluate, and prepare', 'lambdaGbSecond', judging + waiting),
    item(part, 'votes, kept', 'dynamodbWrite', (votes + minutes) * STATE_KB),
    item(part, 'who is in charge, written', 'dynamodbWrite', minutes * LEASE_REGIONS),
    item(part, 'who is in charge, read', 'dynamodbRead', minutes),
    item(part, 'by schedules', 'scheduledStart', 2 * minutes),
    item(part, 'of functions', 'lambdaRequest', calls),
    item(part, 'logs of functions', 'logsGb', (calls * LOG_KB_PER_CALL) / MB_PER_GB ** 2),
    item(part, 'alarms on it', 'alarmMetricMonth', alarmMetrics.home),
  ];
};

export const watchItems = (size: WatchSize): Item[] => {
  const { observers, beating, intervalMs } = size;
  const minutes = MINUTES_A_MONTH;
  const votes = (observers * minutes * MINUTE_MS) / (VOTE_INTERVALS * intervalMs);
  // Observers and heartbeats, `prepare`, and the tick of `evaluate`.
  const starts = minutes * (observers + beating + 2);
  // `prepare` asks the lease and the switch each time whether they would take a write.
  const calls = starts + votes + 2 * minutes;
  const { home, observer, beat } = size.alarmMetrics;
  const metrics = home + observers * observer + beating * beat;
  return [
    ...observerItems(size, minutes),
    ...heartbeatItems(size, minutes),
    ...switchItems(size, minutes),
    ...judgeItems(size, votes, minutes),
    ...secondItems(size, votes, minutes),
    item('starts', 'by schedules', 'scheduledStart', starts),
    item('starts', 'of functions', 'lambdaRequest', calls),
    item('logs', 'of functions', 'logsGb', (calls * LOG_KB_PER_CALL) / MB_PER_GB ** 2),
    item('alarms', 'on the pipeline itself', 'alarmMetricMonth', metrics),
    item('DNS', 'the zone', 'hostedZoneMonth', 1),
  ];
};
