// Goal: answers that depend on who asks reach the right one, and never come from the cache.
// Method: messages made by hand, with and without a client subnet.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { realClock } from '../../../../local/clock.ts';
import { answerMessage } from '../../../../local/dns/message.ts';
import { startDnsServer } from '../../../../local/dns/server.ts';
import { createZone } from '../../../../local/dns/zone.ts';
import { regionAddress, regionOfAddress } from '../../../../local/network/addresses.ts';

let questions = 0;
const zones = [
  createZone(
    'ex.test.',
    [
      {
        name: 'ex.test.',
        type: 'SOA',
        ttlS: 60,
        values: ['ns1.ex.test. admin.ex.test. 1 7200 900 1209600 5'],
      },
      { name: 'fixed.ex.test.', type: 'A', ttlS: 60, values: ['127.0.0.1'] },
    ],
    [
      {
        name: 'near.ex.test.',
        type: 'TXT',
        choose: (asker) => {
          questions += 1;
          const region = regionOfAddress(asker) ?? 'nowhere';
          return [{ name: 'near.ex.test', type: 'TXT', ttl: 60, data: [region] }];
        },
      },
    ],
  ),
];

const subnet = (address: string, prefixBits: number, scopeBits = 0, family = 1): Buffer => {
  const bytes = address
    .split('.')
    .map(Number)
    .slice(0, Math.ceil(prefixBits / 8));
  return Buffer.from([0, family, prefixBits, scopeBits, ...bytes]);
};
const query = (name: string, type: dnsPacket.RecordType, data?: Buffer, id = 3): Buffer => {
  const option = { code: 8 as const, data, ip: undefined };
  const opt: dnsPacket.OptAnswer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: data ? [option] : [],
  };
  return dnsPacket.encode({ id, questions: [{ name, type }], additionals: [opt] });
};
const ask = (message: Buffer, from: string) => {
  const { bytes, fixed } = answerMessage(message, zones, 'udp', from)!;
  const said = dnsPacket.decode(bytes);
  const opt = said.additionals?.find((one) => one.type === 'OPT');
  return {
    fixed,
    rcode: bytes[3]! & 0xf,
    text: said.answers?.map((one) => ('data' in one ? String(one.data) : '')).join(),
    scope: opt?.options[0]?.data?.readUInt8(3),
  };
};

describe('an answer by region', () => {
  const from = regionAddress('sa-east-1', 9);
  it('goes by the address of who asks', () => {
    expect(ask(query('near.ex.test', 'TXT'), from)).toMatchObject({
      text: 'sa-east-1',
      fixed: false,
      scope: undefined,
    });
  });

  it('goes by the client subnet instead, and says for which network it is', () => {
    const tokyo = subnet(regionAddress('ap-northeast-1', 1), 24);
    expect(ask(query('near.ex.test', 'TXT', tokyo), from)).toMatchObject({
      text: 'ap-northeast-1',
      scope: 16,
    });
    expect(ask(query('fixed.ex.test', 'A', tokyo), from)).toMatchObject({ fixed: true, scope: 0 });
  });

  it('goes by the address again when the subnet tells nothing', () => {
    for (const empty of [subnet('', 0), Buffer.from([0, 2, 0, 0])]) {
      expect(ask(query('near.ex.test', 'TXT', empty), from).text).toBe('sa-east-1');
    }
  });

  it.each([
    ['too short', Buffer.from([0, 1, 24])],
    ['with a scope', subnet('127.10.0.0', 24, 24)],
    ['shorter than its prefix', Buffer.from([0, 1, 24, 0, 127])],
    ['longer than an address', Buffer.from([0, 1, 40, 0, 1, 2, 3, 4, 5])],
    ['of an unknown family', Buffer.from([0, 7, 8, 0, 1])],
  ])('refuses a subnet that is malformed: %s', (_name, data) => {
    expect(ask(query('near.ex.test', 'TXT', data), from)).toMatchObject({ rcode: 1 });
  });
});

describe('the server', () => {
  it('chooses anew for each question, and gives every caller its own id', async () => {
    const server = await startDnsServer({
      zones: () => zones,
      listen: [{ host: '127.0.0.1', port: 0 }],
      clock: realClock,
    });
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const exchange = async (message: Buffer) => {
      socket.send(message, server.addresses[0]!.port, '127.0.0.1');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      return answer.readUInt16BE(0);
    };
    questions = 0;
    const ids = [11, 12, 13];
    for (const id of ids)
      expect(await exchange(query('near.ex.test', 'TXT', undefined, id))).toBe(id);
    expect(questions).toBe(3);
    for (const id of ids)
      expect(await exchange(query('fixed.ex.test', 'A', undefined, id))).toBe(id);
    socket.close();
    await server.close();
  });

  it('says SERVFAIL when its zones cannot be read, and goes on', async () => {
    let broken = true;
    const server = await startDnsServer({
      zones: () => {
        if (broken) throw new Error('no zones');
        return zones;
      },
      listen: [{ host: '127.0.0.1', port: 0 }],
      clock: realClock,
    });
    const socket = createSocket('udp4');
    const exchange = async () => {
      socket.send(query('fixed.ex.test', 'A'), server.addresses[0]!.port, '127.0.0.1');
      const [answer] = (await once(socket, 'message')) as [Buffer];
      return answer[3]! & 0xf;
    };
    expect(await exchange()).toBe(2);
    broken = false;
    expect(await exchange()).toBe(0);
    socket.close();
    await server.close();
  });
});
