/**
 * Names of AWS lead health checkers to the embedded cloud, as its endpoint is the far end of every
 * AWS call here. A check can so name a bucket as it would on AWS, and the port that the endpoint
 * has today is no part of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointConfig } from './config.ts';
import type { lookUpIn } from './lookUp.ts';
import type { Prober } from './prober.ts';

type LookUp = ReturnType<typeof lookUpIn>;

const AWS_NAME = /\.amazonaws\.com$/i;
const LOOPBACK = '127.0.0.1';
/** A check that comes before the endpoint listens looks again this often. */
const WAIT_MS = 50;

const isAws = (name: string | undefined): boolean => name !== undefined && AWS_NAME.test(name);

export const lookUpAws =
  (lookUp: LookUp): LookUp =>
  async (name, sourceAddress) =>
    isAws(name) ? [LOOPBACK] : lookUp(name, sourceAddress);

/** The check as it is made of the embedded cloud, which speaks no TLS. */
const ledTo = (config: EndpointConfig, endpoint: string): EndpointConfig => {
  const type = config.type === 'HTTPS_STR_MATCH' ? 'HTTP_STR_MATCH' : 'HTTP';
  return { ...config, type, port: Number(new URL(endpoint).port) };
};

/** `endpoint` gives the URL of the embedded cloud, empty until it listens, and the same from then on. */
export const proberOfAws = (prober: Prober, endpoint: () => string): Prober => {
  const led = new WeakMap<EndpointConfig, EndpointConfig>();
  return async (target, signal) => {
    const { config } = target;
    if (config.ipAddress !== undefined || !isAws(config.domainName)) return prober(target, signal);
    while (endpoint() === '' && !signal.aborted) await sleep(WAIT_MS);
    if (signal.aborted) return { ok: false, status: 'Failure: The check was stopped.' };
    const known = led.get(config) ?? ledTo(config, endpoint());
    led.set(config, known);
    return prober({ ...target, config: known }, signal);
  };
};
