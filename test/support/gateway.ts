import type { Gateway } from '../../local/delivery/deliveries.ts';

type Call = Omit<Parameters<Gateway['call']>[0], 'signal'>;

/** A far end that notes calls and fails as told: each error of `failures` once, in order. */
export const recordingGateway = (failures: Error[] = []) => {
  const calls: Call[] = [];
  const waiters: (() => void)[] = [];
  const gateway: Gateway = {
    call: async ({ signal: _, ...call }) => {
      calls.push(call);
      for (const wake of waiters.splice(0)) wake();
      const failure = failures.shift();
      if (failure) throw failure;
      return {};
    },
  };
  /** Resolves with all calls once there are `count` of them. */
  const untilCalls = async (count: number): Promise<Call[]> => {
    while (calls.length < count) await new Promise<void>((resolve) => waiters.push(resolve));
    return calls;
  };
  return { gateway, calls, untilCalls };
};

export const awsNamed = (name: string): Error => Object.assign(new Error(name), { name });
