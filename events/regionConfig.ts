/** A region of `failover.yml`: its name alone, or with the service that runs there already. */
import * as z from 'zod';
import { isRegion } from '../core/regions/regions.ts';
import { EcsService } from './ecsService.ts';
import { RegionFence, regionOfListener } from './fencedListener.ts';

export const regionName = z.string().refine((name): boolean => isRegion(name), {
  error: (issue) => `unknown region "${String(issue.input)}"`,
  params: { kind: 'region' },
});

/** Of a name or of an address: services that run already may have no name but the one that fails over. */
export const webUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL such as https://eu.example.com/health' })
  .max(500);

const named = regionName.transform((name) => ({ name }));

const Serving = z.strictObject({
  name: regionName,
  endpoint: webUrl.optional(),
  /** The service of ECS that answers there, where it runs already. */
  ecs: EcsService.optional(),
});

type Placed = Pick<z.output<typeof Serving>, 'endpoint' | 'ecs'>;

const isReached = ({ endpoint, ecs }: Placed): boolean =>
  ecs === undefined || endpoint !== undefined;
const REACHED = {
  path: ['ecs'],
  error: 'a service that runs already is named without an endpoint: say where it is reached',
};

/** A listener shares out the requests of its own region alone. */
const isNear = ({ name, ecs }: Placed & { name: string }): boolean =>
  ecs?.promotion === undefined || regionOfListener(ecs.promotion.listener) === name;
const NEAR = {
  path: ['ecs', 'promotion', 'listener'],
  error: 'the listener is one of another region',
};

export const RegionConfig = z.union([
  named,
  Serving.refine(isReached, REACHED).refine(isNear, NEAR),
]);

/** Only the primary is fenced: whatever takes over must not need a call to let clients in. */
export const PrimaryConfig = z.union([
  named,
  Serving.extend({
    /** What keeps clients out of it while traffic is in the standby. */
    fence: RegionFence.optional(),
  })
    .refine(isReached, REACHED)
    .refine(isNear, NEAR)
    .refine(({ endpoint, fence }) => fence === undefined || endpoint !== undefined, {
      path: ['fence'],
      error:
        'a listener is named without an endpoint: only that of a service which runs already is closed',
    })
    .refine(({ name, fence }) => fence === undefined || regionOfListener(fence.listener) === name, {
      path: ['fence', 'listener'],
      error: 'the listener is one of another region',
    }),
]);
