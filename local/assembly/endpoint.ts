/** Services call one another over the endpoint, which is known only once it listens. */
import { CREDENTIALS } from '../stack/clients.ts';
import { createSdkGateway } from '../stepfunctions/sdkGateway.ts';

type Gateway = ReturnType<typeof createSdkGateway>;

export type LateEndpoint = {
  /** Empty until it is known. */
  url(): string;
  set(url: string): void;
  /** Calls made before the endpoint listens wait for it. */
  readonly gateway: Pick<Gateway, 'call'> & { close(): void };
};

export const lateEndpoint = (): LateEndpoint => {
  let known = '';
  let made: Gateway | undefined;
  const { promise: listening, resolve: listens } = Promise.withResolvers<string>();
  return {
    url: () => known,
    set: (url) => {
      known = url;
      listens(url);
    },
    gateway: {
      call: async (request) => {
        const endpoint = await listening;
        made ??= createSdkGateway({ endpoint, credentials: CREDENTIALS });
        return made.call(request);
      },
      close: () => made?.close(),
    },
  };
};
