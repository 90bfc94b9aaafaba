/** Functions of the watch with a rule broken: what a simulation must notice. */
import type { SdkSettings } from '../../aws/sdk.ts';
import type { Opening } from '../../functions/_entry.ts';
import type { Part } from '../../sim/system/sandboxes.ts';

/** As far as a handler of the product looks like a part of a simulation. */
type Whole = { readonly parts: unknown };

const partOf = ({ parts }: Whole): Part => parts as Part;

type Handler = {
  readonly handle: (request: { body?: unknown }, options?: unknown) => Promise<unknown>;
};

/** Settings whose clients send `change` of what they are told to. */
const tampering = (sdk: SdkSettings, change: (body: string) => string): SdkSettings => {
  const real = sdk.requestHandler as unknown as Handler;
  const handle: Handler['handle'] = (request, options) => {
    const { body } = request;
    if (typeof body === 'string') request.body = change(body);
    if (body instanceof Uint8Array) request.body = change(new TextDecoder().decode(body));
    return real.handle(request, options);
  };
  const requestHandler = Object.assign(Object.create(real), { handle });
  return { ...sdk, requestHandler };
};

/** The function as it is, but for what it writes. */
export const writing = (whole: Whole, change: (body: string) => string): Part => {
  const part = partOf(whole);
  const make: Part['make'] = (env, base) =>
    part.make(env, { ...base, sdk: tampering(base.sdk, change) });
  return { ...part, make };
};

/** Settings whose clients hear `change` of what they are answered. */
const misleading = (sdk: SdkSettings, change: (body: string) => string): SdkSettings => {
  const real = sdk.requestHandler as unknown as Handler;
  const handle: Handler['handle'] = async (request, options) => {
    const answer = await real.handle(request, options);
    const { response } = Object(answer);
    if (response.body instanceof Uint8Array) {
      response.body = Buffer.from(change(new TextDecoder().decode(response.body)), 'utf8');
    }
    return answer;
  };
  const requestHandler = Object.assign(Object.create(real), { handle });
  return { ...sdk, requestHandler };
};

/** The function as it is, but for what it reads. */
export const reading = (whole: Whole, change: (body: string) => string): Part => {
  const part = partOf(whole);
  const make: Part['make'] = (env, base) =>
    part.make(env, { ...base, sdk: misleading(base.sdk, change) });
  return { ...part, make };
};

/** The function as it is, and `also` what it should not do, once it has done its work. */
export const doing = (
  whole: Whole,
  also: (opening: Opening, output: unknown, signal: AbortSignal) => Promise<unknown>,
): Part => {
  const part = partOf(whole);
  const make: Part['make'] = (env, base) => {
    const work = part.make(env, base);
    return async (input, signal) => {
      const output = await work(input, signal);
      return (await also(base, output, signal)) ?? output;
    };
  };
  return { ...part, make };
};
