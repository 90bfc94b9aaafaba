/** Where the objects of the quorum switch stand. */

type Regions = {
  readonly primary: string;
  readonly standby: string;
  readonly witness: string | null;
  readonly observers: readonly string[];
};

/** Taken where the configuration names too few: on three continents, and far from us-east-1. */
const ELSEWHERE = ['eu-north-1', 'us-east-2', 'ap-northeast-1', 'eu-central-1', 'us-west-2'];

/** Its control planes serve the whole world, and are down with it. */
const SHARED_FATE = 'us-east-1';

const SWITCHES = 3;

/**
 * Three regions, none of them the primary, whose loss would otherwise use up the one failure that
 * is tolerated; us-east-1 only where it is the standby.
 */
export const switchRegions = ({ primary, standby, witness, observers }: Regions): string[] => {
  const named = [standby, ...(witness === null ? [] : [witness]), ...observers, ...ELSEWHERE];
  return [...new Set(named)]
    .filter((region) => region !== primary && (region !== SHARED_FATE || region === standby))
    .slice(0, SWITCHES);
};
