/** Where a command shall work: the embedded cloud of a data folder, or, only when a person says so, AWS. */
import { DrillError } from '../../core/errors.ts';
import { PRODUCTION } from '../config/stage.ts';

/** As commander hands them over; `config` and `stage` name what was deployed. */
export type WhereOptions = {
  readonly data?: string;
  readonly on?: 'aws';
  readonly config?: string;
  readonly stage?: string;
};

export const CONFIG_FILE = 'failover.yml';

export type OnAws = {
  readonly config: string;
  readonly stage: string;
  /** What a further command needs to work on the same. */
  readonly options: string;
};

const contradiction = (option: string, why: string): DrillError =>
  new DrillError('InputInvalid', `${option} ${why}`);

/**
 * Null for the embedded cloud. An option that only makes sense for the other place is refused: it was
 * the other place that was meant.
 * @throws DrillError `InputInvalid`
 */
export const onAws = ({ data, on, config, stage }: WhereOptions): OnAws | null => {
  if (on === undefined) {
    const named = stage !== undefined ? '--stage' : config !== undefined ? '--config' : undefined;
    if (named === undefined) return null;
    throw contradiction(named, 'says what of AWS is meant: add --on aws');
  }
  if (data !== undefined) {
    throw contradiction('--data', 'names a folder of this machine: leave it out with --on aws');
  }
  const stageText = stage === undefined ? '' : ` --stage ${stage}`;
  const isUsual = config === undefined || config === CONFIG_FILE;
  const configText = isUsual ? '' : ` --config ${config}`;
  return {
    config: config ?? CONFIG_FILE,
    stage: stage ?? PRODUCTION,
    options: ` --on aws${stageText}${configText}`,
  };
};
