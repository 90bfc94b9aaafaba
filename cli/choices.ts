/** Names that options are chosen from, apart from the work behind them so that help is quick. */

/** Where `up` listens unless told otherwise, so that scripts can rely on it. */
export const UP_PORT = 4599;

/** What `failover export` can print. */
export const EXPORTS = ['rounds', 'placements', 'rankings', 'nights'] as const;

/** What `failover schema` can print. */
export const SCHEMA_NAMES = [
  'config',
  'report',
  'init',
  'check',
  'history',
  'ranking',
  'export',
  'anomalies',
  'ack',
  'failover',
  'replay',
  'verify',
  'watch',
  'fact',
  'status',
  'order',
  'stopped',
  'promotion',
  'fault',
  'lint',
  'cost',
  'deploy',
  'sim',
  'regions',
] as const;

/** What `failover fault` can break. */
export const FAULT_KINDS = [
  'down',
  'refuse',
  'blackhole',
  'slow',
  'errors',
  'loss',
  'cut',
  'clear',
] as const;

/** What `failover sim` can run. */
export const SIM_LEVELS = ['system', 'decision'] as const;
