/** Hooks that keep the old region from writing: a URL that is posted to, or a function. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { SdkSettings } from './sdk.ts';

const CALL_TIMEOUT_MS = 3_000;

export type Fence = { readonly kind: 'http' | 'lambda'; readonly target: string };

/** What a hook is told. */
export type FenceOrder = {
  readonly service: string;
  /** The region that must not write any more. */
  readonly region: string;
  readonly to: string;
  readonly epoch: number;
};

/** `unknown` may have been carried out: a call that timed out is no fence. */
export type Fenced = {
  readonly result: 'done' | 'refused' | 'unknown';
  readonly why: string;
  readonly requestId: string | null;
};

const ARN = /^arn:aws[\w-]*:lambda:([a-z0-9-]+):/;

export const openFences = (sdk: SdkSettings = {}) => {
  const post = async (url: string, order: FenceOrder, signal: AbortSignal): Promise<Fenced> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
      redirect: 'error',
      signal,
    });
    await answer.body?.cancel();
    const why = `HTTP ${answer.status}`;
    return { result: answer.ok ? 'done' : 'refused', why, requestId: null };
  };

  const invoke = async (name: string, order: FenceOrder, signal: AbortSignal): Promise<Fenced> => {
    const region = ARN.exec(name)?.[1] ?? order.region;
    const client = new LambdaClient({ maxAttempts: 1, ...sdk, region });
    try {
      const answer = await client.send(
        new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(order)) }),
        { abortSignal: signal },
      );
      const requestId = answer.$metadata.requestId ?? null;
      return answer.FunctionError === undefined
        ? { result: 'done', why: 'the function returned', requestId }
        : { result: 'refused', why: `the function failed: ${answer.FunctionError}`, requestId };
    } finally {
      client.destroy();
    }
  };

  /** Tells one hook; whatever goes wrong is in the answer. The target is a secret of its owner. */
  const call = async (fence: Fence, order: FenceOrder, signal: AbortSignal): Promise<Fenced> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]);
    try {
      return fence.kind === 'http'
        ? await post(fence.target, order, limit)
        : await invoke(fence.target, order, limit);
    } catch (error) {
      const why = error instanceof Error ? error.name : 'no answer';
      return { result: 'unknown', why, requestId: null };
    }
  };

  return { call };
};

export type Fences = ReturnType<typeof openFences>;
