import { describe, expect, it } from 'vitest';
import { regionNames } from '../../../core/regions/regions.ts';
import { regionAddress, regionOfAddress } from '../../../local/network/addresses.ts';

describe('the address plan', () => {
  it('gives every region a block of its own and finds it again', () => {
    const addresses = regionNames.flatMap((region) =>
      [1, 2, 256, 65_534].map((host) => ({ region, address: regionAddress(region, host) })),
    );
    expect(new Set(addresses.map(({ address }) => address)).size).toBe(4 * regionNames.length);
    for (const { region, address } of addresses) expect(regionOfAddress(address)).toBe(region);
  });

  it('starts at block 10 in the order of the region table', () => {
    expect(regionAddress('af-south-1', 1)).toBe('127.10.0.1');
    expect(regionAddress('ap-east-1', 258)).toBe('127.11.1.2');
  });

  it('knows no region outside the blocks', () => {
    for (const address of ['127.0.0.1', '127.9.0.1', '127.200.0.1', '10.10.0.1', '::1', '']) {
      expect(regionOfAddress(address), address).toBeUndefined();
    }
    expect(regionOfAddress('::ffff:127.10.0.1')).toBe('af-south-1');
  });

  it('refuses what does not exist', () => {
    expect(() => regionAddress('eu-north-9', 1)).toThrow(
      "region 'eu-north-9' has no loopback block",
    );
    expect(() => regionAddress('af-south-1', 0)).toThrow('host number 0');
    expect(() => regionAddress('af-south-1', 65_535)).toThrow('host number 65535');
  });
});
