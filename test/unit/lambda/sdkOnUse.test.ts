// Goal: a bundle has of the AWS SDK what its function comes to, and that works as from the SDK's own files.
// Method: the real bundler over the SDK's clients; the bundle sends to a server of this test.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../../local/lambda/bundle.ts';
import { withFileStreamsLater, withNamesInPlace } from '../../../local/lambda/sdkOnUse.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

describe('schemas of the SDK', () => {
  it('are given the names of their traits in place, and no other names', () => {
    const code = [
      'const _xN = "xmlName";',
      'const _q = "a \\"quoted\\" one";',
      'const n0 = "com.amazonaws.x";',
      'export var A = [3, n0, _xN, 0, [_xN], [[0, { [_xN]: "Tag", [_q]: 1, [_other]: 2 }]]];',
    ];
    expect(withNamesInPlace(code.join('\n')).split('\n')[3]).toBe(
      'export var A = [3, n0, _xN, 0, [_xN], [[0, { "xmlName": "Tag", [_q]: 1, [_other]: 2 }]]];',
    );
  });
});

describe('the length of a body', () => {
  it('asks for the class of file streams when it comes to it', async () => {
    const found = import.meta.resolve('@smithy/core/serde').replace(/dist-cjs.*/, '');
    const file = 'dist-es/submodules/serde/util-body-length/calculateBodyLength.js';
    const code = withFileStreamsLater(readFileSync(new URL(file, found), 'utf8'));
    expect(code).toContain('import fs from "node:fs";\nimport { fstatSync, lstatSync } from');
    expect(code.match(/.{3}\bReadStream\b/g)).toEqual(['fs.ReadStream']);
  });
});

const SOURCE = `
import { DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
const client = new EC2Client({ region: 'eu-west-1', maxAttempts: 1 });
const ask = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ['eni-1'] });
const files = process.moduleLoadList.filter((name) => name === 'NativeModule internal/fs/promises');
const { NetworkInterfaces } = await client.send(ask);
const again = await client.send(ask).catch(({ name, message }) => ({ name, message }));
console.log(JSON.stringify({ NetworkInterfaces, again, files }));
`;
const FOUND = `<DescribeNetworkInterfacesResponse><networkInterfaceSet><item>
<networkInterfaceId>eni-1</networkInterfaceId><association><publicIp>198.51.100.7</publicIp></association>
<tagSet><item><key>a</key><value>b</value></item></tagSet>
</item></networkInterfaceSet></DescribeNetworkInterfacesResponse>`;
const ABSENT = `<Response><Errors><Error><Code>InvalidNetworkInterfaceID.NotFound</Code>
<Message>gone</Message></Error></Errors><RequestID>r-1</RequestID></Response>`;

describe('a client in a bundle', () => {
  // Where the packages are found.
  const cache = path.join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, 'sdk-on-use-'));
  const asked: {
    authorization: string | undefined;
    agent: unknown;
    token: unknown;
    body: string;
  }[] = [];
  let server: Server;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      const { authorization, 'x-amz-security-token': token, 'user-agent': agent } = request.headers;
      asked.push({ authorization, agent, token, body });
      response.writeHead(asked.length === 1 ? 200 : 400).end(asked.length === 1 ? FOUND : ABSENT);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leaves the other operations out, reads answers and errors, and knows what Lambda gives alone', async () => {
    const entry = path.join(folder, 'source.ts');
    writeFileSync(entry, SOURCE);
    const { files } = await bundleFunctions({ entries: { ask: entry }, outDir: folder });
    const file = files['ask'] ?? '';
    expect(statSync(file).size).toBeLessThan(250_000);
    const { port } = server.address() as AddressInfo;
    const config = path.join(folder, 'config');
    writeFileSync(config, '[default]\nsdk_ua_app_id = a-person\n');
    const { stdout } = await run(process.execPath, [file], {
      env: {
        AWS_ACCESS_KEY_ID: 'given',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_SESSION_TOKEN: 'session',
        AWS_CONFIG_FILE: config,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      },
    });
    expect(JSON.parse(stdout)).toEqual({
      NetworkInterfaces: [
        {
          NetworkInterfaceId: 'eni-1',
          Association: { PublicIp: '198.51.100.7' },
          TagSet: [{ Key: 'a', Value: 'b' }],
        },
      ],
      again: { name: 'InvalidNetworkInterfaceID.NotFound', message: 'gone' },
      files: [],
    });
    expect(asked[0]).toMatchObject({
      authorization: expect.stringContaining('Credential=given/'),
      token: 'session',
      body: expect.stringContaining('NetworkInterfaceId.1=eni-1'),
    });
    expect(asked[0]?.agent).not.toContain('a-person');
  });
});
