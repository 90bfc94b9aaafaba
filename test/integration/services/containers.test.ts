// Goal: a watched service runs as real containers behind its load balancers, where they can be had.
// Method: the whole embedded cloud with the machine's own builder.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cloud } from '../../../local/cloud.ts';
import type { ServiceInstallation } from '../../../local/stack/installService.ts';
import { eventually } from '../../contract/endpoint.ts';
import { ask, openServed, PRIMARY, realBuilder, STANDBY } from '../../support/servedCloud.ts';
import { missingEngine } from '../ecs/toyImage.ts';

const missing = await missingEngine();

describe.skipIf(missing !== undefined)(
  `a watched service in containers${missing ? ` (${missing})` : ''}`,
  () => {
    const served = openServed();
    let cloud: Cloud;
    let service: ServiceInstallation;

    beforeAll(async () => {
      cloud = await served.start(await realBuilder(served.dataDir));
      service = await served.install(cloud, 'one');
    });
    afterAll(async () => {
      await cloud.close();
      served.remove();
    });

    it('answers in both regions, by the network of its containers', async () => {
      const { primary, standby } = service.targets;
      expect(await ask(primary.url ?? '')).toMatchObject({ region: PRIMARY, version: 'one' });
      expect(await ask(standby.url ?? '')).toMatchObject({ region: STANDBY, version: 'one' });
      expect(service.runner).not.toBe('process');
    });

    it('goes on with the good image when another is broken', async () => {
      await served.install(cloud, 'broken');
      await eventually(
        'it still answers',
        async () => (await ask(service.targets.primary.url ?? '')).version === 'one',
      );
    });
  },
);
