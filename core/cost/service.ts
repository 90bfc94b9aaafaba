/** What the service itself costs in a month while nothing happens, where it is ours to run. */
import { HOURS_A_MONTH, type Item } from './prices.ts';

export type ServiceSize = {
  /** Regions in which it runs. */
  readonly regions: number;
  /** Tasks that each region keeps. */
  readonly tasks: number;
  /** CPU units of ECS: 1024 is one core. */
  readonly cpu: number;
  readonly memoryMb: number;
  /** Public addresses of load balancers and tasks, in all regions. */
  readonly addresses: number;
};

const MB_PER_GB = 1_024;
const PART = { tasks: 'tasks', balancers: 'load balancers', addresses: 'addresses' } as const;

/** What it costs to serve requests comes on top: capacity units of load balancers, and traffic. */
export const serviceItems = (size: ServiceSize): Item[] => {
  const taskHours = size.regions * size.tasks * HOURS_A_MONTH;
  return [
    {
      part: PART.tasks,
      what: 'processors',
      price: 'fargateVcpuHour',
      units: (taskHours * size.cpu) / 1_024,
    },
    {
      part: PART.tasks,
      what: 'memory',
      price: 'fargateGbHour',
      units: (taskHours * size.memoryMb) / MB_PER_GB,
    },
    {
      part: PART.balancers,
      what: 'one in each region',
      price: 'balancerHour',
      units: size.regions * HOURS_A_MONTH,
    },
    {
      part: PART.addresses,
      what: 'of load balancers and tasks',
      price: 'addressHour',
      units: size.addresses * HOURS_A_MONTH,
    },
  ];
};
