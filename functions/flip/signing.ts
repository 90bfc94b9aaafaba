/** The signature of switch objects: HMAC-SHA256 in hex, or none where there is no key. */
import { createHmac } from 'node:crypto';
import type { Sign } from '../../aws/dnsSwitch.ts';

export const signerOf =
  (key: string | null): Sign =>
  (text) =>
    key === null ? '' : createHmac('sha256', key).update(text).digest('hex');
