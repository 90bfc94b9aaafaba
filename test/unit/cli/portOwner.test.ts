// Goal: a port that is taken is named together with the process that has it.
// Method: this very process takes ports, over TCP and over UDP.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { addressInUse, ownerOfPort } from '../../../cli/portOwner.ts';

const tcpListener = async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, server };
};

describe('the owner of a port', () => {
  it('is found for TCP', async () => {
    const { port, server } = await tcpListener();
    try {
      expect(ownerOfPort(port)).toMatchObject({ pid: process.pid });
    } finally {
      server.close();
    }
  });

  it('is found for UDP', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    try {
      expect(ownerOfPort(socket.address().port)).toMatchObject({ pid: process.pid });
    } finally {
      socket.close();
    }
  });

  it('is nobody for a port that is free', async () => {
    const { port, server } = await tcpListener();
    server.close();
    await once(server, 'close');
    expect(ownerOfPort(port)).toBeUndefined();
  });
});

describe('the error of a taken port', () => {
  it('names address, process and way out', async () => {
    const { port, server } = await tcpListener();
    const second = createServer();
    second.listen(port, '127.0.0.1');
    const [cause] = await once(second, 'error');
    const error = addressInUse(cause);
    server.close();
    expect(error).toMatchObject({ name: 'AddressInUse', details: { pid: process.pid } });
    expect(String(error)).toMatch(
      new RegExp(
        `cannot listen on 127.0.0.1:${port}: in use by process ${process.pid} \\(.+\\)\\. Stop it, or choose another: dns\\.listen for DNS, --port of up and watch`,
      ),
    );
  });

  it('leaves other errors as they are', () => {
    const other = new Error('no');
    expect(addressInUse(other)).toBe(other);
  });
});
