/**
 * How the functions of a simulation reach AWS: real SDK clients, whose requests go to the embedded
 * services in the same process, over the network of the simulated world. On its way a call can be
 * refused, be carried out without an answer, or be answered without being carried out.
 */
import type { SdkSettings } from '../../aws/sdk.ts';
import { credentialScope } from '../../local/wire/credentialScope.ts';
import type { Dispatch } from '../../local/wire/dispatcher.ts';
import { inProcessHandler } from '../../local/wire/inProcess.ts';
import type { WireRequest, WireResponse } from '../../local/wire/types.ts';

export type Asked = {
  readonly service: string;
  readonly region: string;
  /** As the protocol names it: `PutItem`, `PUT /bucket/key`. */
  readonly operation: string;
  /** An event that a function is to have later: whoever calls does not wait for what comes of it. */
  readonly isHandedOver?: boolean;
};

/** Whoever makes the call: a sandbox, or the one who sets the world up. */
export type Caller = {
  readonly name: string;
  readonly region: string;
  /** Of the folder under functions/; empty for others. */
  readonly part: string;
  readonly isDead: () => boolean;
  /** What it is at work on. */
  readonly event: () => unknown;
  kill(): void;
};

/** What befalls calls. Each may answer instead, wait, or throw to cut the connection. */
export type Interference = {
  /** Before the service sees it; an answer given here is all there is, unless it is carried out later. */
  before(
    asked: Asked,
    caller: Caller,
    carryOut: () => Promise<unknown>,
    request?: WireRequest,
  ): Promise<WireResponse | undefined>;
  /** When it has been carried out, before the caller hears of it. */
  after(asked: Asked, caller: Caller, answer: WireResponse, request: WireRequest): Promise<void>;
};

/** Of a caller that has died nothing is heard any more. One that all shared would keep every world whose callers wait for it. */
const never = (): Promise<never> => new Promise(() => {});

const operationOf = (request: WireRequest): string =>
  request.headers['x-amz-target']?.split('.').at(-1) ?? `${request.method} ${request.path}`;

/** A caller signs in the same way with each call. */
const scopes = new Map<string, ReturnType<typeof credentialScope>>();

const scopeOf = (request: WireRequest): ReturnType<typeof credentialScope> => {
  const signature = request.headers['authorization'];
  if (signature === undefined) return credentialScope(request);
  const known = scopes.get(signature) ?? credentialScope(request);
  scopes.set(signature, known);
  return known;
};

const askedOf = (request: WireRequest): Asked => {
  const { scope: service = '', region = '' } = scopeOf(request) ?? {};
  const isHandedOver = request.headers['x-amz-invocation-type'] === 'Event';
  const asked = { service, region, operation: operationOf(request) };
  return isHandedOver ? { ...asked, isHandedOver } : asked;
};

/** What servers say of the time, to the second. */
const dates = { ms: Number.NaN, text: '' };
const S_MS = 1_000;

const dateOf = (nowMs: number): string => {
  const ms = Math.floor(nowMs / S_MS) * S_MS;
  if (ms !== dates.ms) Object.assign(dates, { ms, text: new Date(ms).toUTCString() });
  return dates.text;
};

/** Passes a dispatcher's calls through what befalls them. */
export const interfered =
  (
    dispatch: Dispatch,
    caller: Caller,
    { before, after }: Interference,
    nowMs: () => number,
  ): Dispatch =>
  async (request, origin) => {
    const asked = askedOf(request);
    if (caller.isDead()) return never();
    const instead = await before(asked, caller, () => dispatch(request, origin), request);
    if (caller.isDead()) return never();
    const answer = instead ?? (await dispatch(request, origin));
    if (instead === undefined) await after(asked, caller, answer, request);
    if (caller.isDead()) return never();
    // As every server says; observers read from it how far their clock is off.
    return { ...answer, headers: { ...answer.headers, date: dateOf(nowMs()) } };
  };

type Signed = { readonly headers: Record<string, string> };
type Scope = { readonly region?: unknown; readonly service?: unknown };

/**
 * Writes into a request what the embedded services read of a signature: who asks which service
 * where. To sign for real takes as long as all else in a call.
 */
class Signer {
  readonly #credential: string;
  constructor({ region, service }: Scope) {
    // Route 53 has one control plane, wherever its callers are.
    const where = service === 'route53' ? 'us-east-1' : String(region);
    this.#credential = `SIMULATED/20260101/${where}/${service}/aws4_request`;
  }
  async sign(request: Signed): Promise<Signed> {
    request.headers['authorization'] =
      `AWS4-HMAC-SHA256 Credential=${this.#credential}, SignedHeaders=host, Signature=none`;
    return request;
  }
}

/** Settings of SDK clients whose calls are made from `sourceAddress`, through `dispatch`. */
export const sdkThrough = (
  dispatch: Dispatch,
  region: string,
  sourceAddress: string,
): SdkSettings => ({
  region,
  endpoint: 'http://cloud.simulated',
  credentials: { accessKeyId: 'SIMULATED', secretAccessKey: 'none' },
  requestHandler: inProcessHandler(dispatch, sourceAddress) as NonNullable<
    SdkSettings['requestHandler']
  >,
  signerConstructor: Signer as unknown as NonNullable<SdkSettings['signerConstructor']>,
});
