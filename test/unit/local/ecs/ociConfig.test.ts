// Goal: the runtime configuration of a container holds it to its limits and gives it no more than docker would.
// Method: configurations made from settings, looked at field by field.
import { describe, expect, it } from 'vitest';
import { type OciSettings, ociConfig } from '../../../../local/ecs/runners/ociConfig.ts';

const settings: OciSettings = {
  args: ['node', 'server.js'],
  env: ['PATH=/bin'],
  cwd: '/app',
  identity: { uid: 0, gid: 0, additionalGids: [], home: '/root' },
  hostname: 'task',
  readonlyRoot: false,
  cgroupPath: '/failover-drill-x',
  cpuUnits: 256,
  memoryMb: 512,
  enforced: ['cpu', 'memory', 'pids'],
  files: [{ host: '/bundle/hosts', inside: '/etc/hosts' }],
};

describe('ociConfig', () => {
  it('limits cpu, memory without swap, and the number of processes', () => {
    expect(ociConfig(settings)).toMatchObject({
      linux: {
        cgroupsPath: '/failover-drill-x',
        resources: {
          cpu: { period: 100_000, quota: 25_000, shares: 256 },
          memory: { limit: 512 * 2 ** 20, swap: 512 * 2 ** 20 },
          pids: { limit: 1024 },
        },
      },
    });
  });

  it('leaves a limit out that cannot be enforced', () => {
    const resources = Reflect.get(
      Object(Reflect.get(ociConfig({ ...settings, enforced: ['pids'] }), 'linux')),
      'resources',
    );
    expect(Object.keys(Object(resources)).toSorted()).toEqual(['devices', 'pids']);
  });

  it('gives root a short list of capabilities and others none, and nobody new privileges', () => {
    const root = ociConfig(settings);
    const user = ociConfig({ ...settings, identity: { ...settings.identity, uid: 1000 } });
    const effective = (config: object) =>
      Object(Reflect.get(Object(Reflect.get(config, 'process')), 'capabilities'))['effective'];
    expect(effective(root)).toContain('CAP_NET_BIND_SERVICE');
    expect(effective(root)).not.toContain('CAP_SYS_ADMIN');
    expect(effective(root)).toHaveLength(14);
    expect(effective(user)).toEqual([]);
    expect(user).toMatchObject({ process: { noNewPrivileges: true, user: { uid: 1000 } } });
  });

  it('denies devices unless named, and names no network: the launch has made one', () => {
    expect(ociConfig(settings)).toMatchObject({
      linux: {
        namespaces: [{ type: 'pid' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }],
        resources: { devices: expect.arrayContaining([{ allow: false, access: 'rwm' }]) },
      },
    });
  });

  it('puts files of the bundle over those of the image, read-only', () => {
    expect(Reflect.get(ociConfig(settings), 'mounts')).toContainEqual({
      destination: '/etc/hosts',
      type: 'bind',
      source: '/bundle/hosts',
      options: ['rbind', 'ro'],
    });
  });
});
