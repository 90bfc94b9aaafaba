/** The health checks that read the objects of the quorum switch. */
import { ASSERTED_TEXT } from './switchObjects.ts';

type SwitchObject = { readonly region: string; readonly bucket: string; readonly key: string };

export type SwitchCheck = {
  readonly type: 'HTTPS_STR_MATCH';
  readonly host: string;
  readonly path: string;
  readonly searchString: string;
  readonly intervalS: number;
  /** The controller has waited already: the first reading counts. */
  readonly failureThreshold: number;
};

const INTERVAL_S = 10;

/** Asks the regional name: the global one answers 3xx for a bucket elsewhere, and 3xx counts as healthy. */
export const switchCheck = ({ bucket, region, key }: SwitchObject): SwitchCheck => ({
  type: 'HTTPS_STR_MATCH',
  host: `${bucket}.s3.${region}.amazonaws.com`,
  path: `/${key}`,
  searchString: ASSERTED_TEXT,
  intervalS: INTERVAL_S,
  failureThreshold: 1,
});
