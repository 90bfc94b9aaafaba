import type {
  CreateEventBusRequest,
  DescribeEventBusRequest,
  ListEventBusesRequest,
} from '@aws-sdk/client-eventbridge';
import { pageOf } from '../pages.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { invalid, pageLimit } from './limits.ts';
import { type BusState, busArn, DEFAULT_BUS } from './state.ts';
import type { Store } from './store.ts';

const UNSUPPORTED = [
  'EventSourceName',
  'KmsKeyIdentifier',
  'DeadLetterConfig',
  'LogConfig',
  'Tags',
] as const satisfies readonly (keyof CreateEventBusRequest)[];

const busToWire = (bus: BusState) => ({
  Name: bus.name,
  Arn: busArn(bus.region, bus.name),
  ...(bus.description !== undefined && { Description: bus.description }),
  ...(bus.createdAtMs > 0 && { CreationTime: new Date(bus.createdAtMs) }),
});

export const busOperations = (store: Store) =>
  ({
    CreateEventBus: async (request: CreateEventBusRequest, call: CallContext) => {
      const { Name: name = '', Description: description } = request;
      const extra = UNSUPPORTED.find((member) => request[member] !== undefined);
      if (extra) throw invalid(`${extra} is not supported by this EventBridge.`);
      if (!/^[\w.-]{1,256}$/.test(name)) throw invalid(`Event bus name '${name}' is not valid.`);
      const { buses } = store.state();
      const { region } = call;
      if (name === DEFAULT_BUS || buses.some((b) => b.region === region && b.name === name)) {
        throw new AwsError('ResourceAlreadyExistsException', `Event bus ${name} already exists.`);
      }
      const about = description === undefined ? {} : { description };
      const bus: BusState = { region, name, createdAtMs: store.clock.now(), ...about };
      await store.addBus(bus);
      return {
        EventBusArn: busArn(region, name),
        ...(description !== undefined && { Description: description }),
      };
    },
    DescribeEventBus: (request: DescribeEventBusRequest, call: CallContext) =>
      busToWire(store.findBus(request.Name, call)),
    ListEventBuses: (request: ListEventBusesRequest, call: CallContext) => {
      const own = store.state().buses.filter(({ region }) => region === call.region);
      const all = [store.findBus(DEFAULT_BUS, call), ...own].filter(({ name }) =>
        name.startsWith(request.NamePrefix ?? ''),
      );
      const limit = pageLimit(request.Limit);
      const { found, next } = pageOf(all, ({ name }) => name, request.NextToken, limit);
      return { EventBuses: found.map(busToWire), ...next };
    },
  }) satisfies Operations;
