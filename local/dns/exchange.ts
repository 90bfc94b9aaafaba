import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import * as dnsPacket from 'dns-packet';
import type { Clock } from '../clock.ts';
import type { DnsAddress } from './listener.ts';
import { UDP_BYTES_MAX } from './message.ts';
import { canonicalName } from './rdata.ts';

export type ExchangeNeeds = {
  readonly clock: Clock;
  /** Uniform from 0 up to 1; gives the ids of queries. */
  readonly random: () => number;
  /** Where queries come from. */
  readonly sourceAddress: string;
  readonly timeoutMs: number;
};

type Question = { readonly name: string; readonly type: dnsPacket.RecordType };

const IDS = 65_536;

const queryFor = ({ name, type }: Question, id: number): dnsPacket.Packet => ({
  type: 'query',
  id,
  questions: [{ name, type }],
  additionals: [
    {
      type: 'OPT',
      name: '.',
      udpPayloadSize: UDP_BYTES_MAX,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    },
  ],
});

/** The answer in the bytes, unless they are none, or one to another question. */
const answerTo = (
  bytes: Buffer,
  question: Question,
  id: number,
): dnsPacket.DecodedPacket | undefined => {
  try {
    const packet = dnsPacket.decode(bytes);
    const [asked] = packet.questions ?? [];
    const fits =
      packet.flag_qr &&
      packet.id === id &&
      asked?.type === question.type &&
      canonicalName(asked.name) === canonicalName(question.name);
    return fits ? packet : undefined;
  } catch {
    return undefined;
  }
};

type Attempt = {
  readonly answered: (packet: dnsPacket.DecodedPacket) => void;
  readonly failed: (error: Error) => void;
};

/** Runs one attempt within the time limit and lets go of its socket. */
const within = (
  { clock, timeoutMs }: ExchangeNeeds,
  server: DnsAddress,
  start: (attempt: Attempt) => () => void,
): Promise<dnsPacket.DecodedPacket> =>
  new Promise((resolve, reject) => {
    const done = () => {
      cancel();
      release();
    };
    const attempt: Attempt = {
      answered: (packet) => {
        done();
        resolve(packet);
      },
      failed: (error) => {
        done();
        reject(error);
      },
    };
    const cancel = clock.after(timeoutMs, () =>
      attempt.failed(
        new Error(`${server.host}:${server.port} did not answer within ${timeoutMs} ms`),
      ),
    );
    const release = start(attempt);
  });

const overUdp = (question: Question, id: number, server: DnsAddress, needs: ExchangeNeeds) =>
  within(needs, server, ({ answered, failed }) => {
    const socket = createSocket('udp4');
    let open = true;
    socket.on('error', failed);
    socket.on('message', (bytes, from) => {
      const packet = answerTo(bytes, question, id);
      if (packet && from.address === server.host && from.port === server.port) answered(packet);
    });
    socket.bind({ address: needs.sourceAddress, port: 0 }, () => {
      if (open) socket.send(dnsPacket.encode(queryFor(question, id)), server.port, server.host);
    });
    return () => {
      open = false;
      // Closing while it still binds or sends is an error that nobody needs to hear.
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.close();
    };
  });

const overTcp = (question: Question, id: number, server: DnsAddress, needs: ExchangeNeeds) =>
  within(needs, server, ({ answered, failed }) => {
    const { host, port } = server;
    const { sourceAddress: localAddress } = needs;
    const socket = connect({ host, port, localAddress });
    let got = Buffer.alloc(0);
    socket.on('error', failed);
    socket.once('connect', () => socket.write(dnsPacket.streamEncode(queryFor(question, id))));
    socket.on('close', () => failed(new Error(`${host}:${port} closed without an answer`)));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < 2 || got.length < 2 + got.readUInt16BE(0)) return;
      const packet = answerTo(got.subarray(2, 2 + got.readUInt16BE(0)), question, id);
      if (packet) answered(packet);
      else failed(new Error(`${host}:${port} answered something else over TCP`));
    });
    return () => socket.destroy();
  });

/**
 * Asks one server over UDP, and again over TCP when the answer was cut short. Rejects when it does
 * not answer.
 */
export const askServer = async (
  question: Question,
  server: DnsAddress,
  needs: ExchangeNeeds,
): Promise<dnsPacket.DecodedPacket> => {
  const id = Math.floor(needs.random() * IDS);
  const packet = await overUdp(question, id, server, needs);
  return packet.flag_tc ? overTcp(question, id, server, needs) : packet;
};
