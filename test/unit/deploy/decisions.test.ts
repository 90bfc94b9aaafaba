// Goal: what a deployment decides: which stacks, in which order, whether each can be touched, and what is in the way.
// Method: the decisions alone, over every status that CloudFormation's reference names.
import { StackStatus } from '@aws-sdk/client-cloudformation';
import { describe, expect, it } from 'vitest';
import {
  accountFinding,
  credentialsFinding,
  recordFindings,
  regionFinding,
  stackFinding,
  zoneFinding,
} from '../../../core/deploy/findings.ts';
import { judgeRecord, type RecordSetFound } from '../../../core/deploy/liveRecord.ts';
import { namePartsIn, outerNames, sharedPart } from '../../../core/deploy/names.ts';
import { ecsRoleFinding, networkFindings, subnetFindings } from '../../../core/deploy/network.ts';
import { judgeRemoval, judgeStack } from '../../../core/deploy/stackState.ts';
import { inReverse, planStacks, wavesOf } from '../../../core/deploy/stacks.ts';

const PLACE = { name: 'failover-drill-shop-control', region: 'eu-central-1' };
const found = (status: string | null) => ({ status, reason: '' });

describe('the order', () => {
  const at = (role: string, ...regions: string[]) => regions.map((region) => ({ role, region }));
  const places = [...at('serving', 'eu-west-1', 'eu-central-1'), ...at('control', 'eu-central-1')];

  it('makes regions of one role together, and goes back the way it came', () => {
    expect(wavesOf(places).map((wave) => wave.map(({ region }) => region))).toEqual([
      ['eu-west-1', 'eu-central-1'],
      ['eu-central-1'],
    ]);
    expect(inReverse(places)[0]).toEqual({ role: 'control', region: 'eu-central-1' });
  });

  it('counts what is in a stack, and what osls adds', () => {
    const [stack] = planStacks('shop', at('control', 'eu-central-1'), () => [
      'AWS::Lambda::Function',
      'AWS::Lambda::Function',
      'AWS::S3::Bucket',
    ]);
    expect(stack?.name).toBe(PLACE.name);
    expect(stack?.resources).toEqual([
      { type: 'AWS::Lambda::Function', count: 2 },
      { type: 'AWS::Logs::LogGroup', count: 2 },
      { type: 'AWS::S3::Bucket', count: 2 },
      { type: 'AWS::S3::BucketPolicy', count: 1 },
    ]);
  });
});

describe('a stack', () => {
  const kindsOf = (status: string | null): string => judgeStack(found(status), PLACE).kind;

  it('is made where there is none, and changed where one rests', () => {
    expect([null, 'DELETE_COMPLETE'].map(kindsOf)).toEqual(['create', 'create']);
    expect(['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'].map(kindsOf)).toEqual(
      ['update', 'update', 'update'],
    );
  });

  it('is waited for while CloudFormation works, and never touched half-finished', () => {
    for (const status of Object.values(StackStatus)) {
      const kind = kindsOf(status);
      if (status === 'REVIEW_IN_PROGRESS') expect(kind).toBe('blocked');
      else if (status.endsWith('_IN_PROGRESS')) expect(kind, status).toBe('wait');
      else if (/FAILED|^ROLLBACK|IMPORT_ROLLBACK/.test(status))
        expect(kind, status).toBe('blocked');
      else expect(['create', 'update'], status).toContain(kind);
    }
  });

  it('that is stuck is named with the command that frees it', () => {
    const [finding] = stackFinding(PLACE, { status: 'ROLLBACK_COMPLETE', reason: 'no right' });
    expect(finding).toMatchObject({ check: 'stack-blocked', severity: 'stop' });
    expect(finding?.what).toBe(
      'failover-drill-shop-control in eu-central-1 is ROLLBACK_COMPLETE (no right)',
    );
    expect(finding?.remedy).toContain(
      'aws cloudformation delete-stack --stack-name failover-drill-shop-control --region eu-central-1',
    );
    expect(stackFinding(PLACE, found('CREATE_IN_PROGRESS'))[0]?.severity).toBe('warn');
    expect(stackFinding(PLACE, found('CREATE_COMPLETE'))).toEqual([]);
  });

  it('is deleted also where it failed, and waited for where it is at work', () => {
    expect(judgeRemoval(found(null))).toBe('absent');
    expect(judgeRemoval(found('DELETE_IN_PROGRESS'))).toBe('wait');
    for (const status of [
      'ROLLBACK_COMPLETE',
      'DELETE_FAILED',
      'UPDATE_COMPLETE',
      'REVIEW_IN_PROGRESS',
    ])
      expect(judgeRemoval(found(status))).toBe('delete');
  });
});

describe('the record', () => {
  const set = (over: Partial<RecordSetFound>): RecordSetFound => ({
    type: 'CNAME',
    values: ['eu-west-1.example.net'],
    alias: null,
    failover: null,
    identifier: null,
    checkReference: null,
    ...over,
  });
  const wanted = {
    service: 'shop',
    driver: 'quorum' as const,
    answers: { CNAME: ['eu-west-1.example.net'] },
    hasEpoch: false,
  };

  it('is replaced only where nobody, we, or the same answer stands there', () => {
    expect(judgeRecord([], wanted)).toEqual({ kind: 'absent' });
    expect(judgeRecord([set({ type: 'MX', values: ['10 mail'] })], wanted).kind).toBe('absent');
    expect(judgeRecord([set({})], wanted).kind).toBe('same-answer');
    expect(judgeRecord([set({ values: ['EU-west-1.example.net.'] })], wanted).kind).toBe(
      'same-answer',
    );
    const ours = set({ failover: 'PRIMARY', checkReference: 'shop 0a1b2c3d primary may serve' });
    expect(judgeRecord([ours, set({ failover: 'SECONDARY' })], wanted).kind).toBe('ours');
    expect(judgeRecord([set({})], { ...wanted, driver: 'record', hasEpoch: true }).kind).toBe(
      'ours',
    );
  });

  it('of another hand, or of another service, is left alone', () => {
    const foreign = [
      set({ values: ['elsewhere.example.net'] }),
      set({ alias: 'lb.example.net', values: [] }),
      set({ identifier: 'blue' }),
      set({ type: 'A', values: ['192.0.2.1'] }),
      set({
        failover: 'PRIMARY',
        identifier: 'a',
        checkReference: 'shopping 1 primary may serve',
      }),
    ];
    for (const one of foreign) expect(judgeRecord([one], wanted).kind).toBe('foreign');
    const verdict = judgeRecord([set({ alias: 'lb.example.net', values: [] })], wanted);
    const [finding] = recordFindings(
      { record: 'www.a.net', zone: 'a.net' },
      verdict,
      wanted.answers,
    );
    expect(finding?.what).toContain(
      'www.a.net exists already and is not ours: CNAME alias of lb.example.net',
    );
  });

  it('cannot be a CNAME at the top of a zone', () => {
    const name = { record: 'example.com', zone: 'example.com' };
    expect(recordFindings(name, { kind: 'absent' }, wanted.answers)[0]?.check).toBe(
      'record-at-apex',
    );
    expect(recordFindings(name, { kind: 'absent' }, { A: ['192.0.2.1'] })).toEqual([]);
    const alias = { alias: { zoneId: 'Z1', name: 'lb.example.net' } };
    expect(recordFindings(name, { kind: 'absent' }, alias)).toEqual([]);
    const [shadow] = recordFindings({ ...name, showsShadow: true }, { kind: 'absent' }, alias);
    expect(shadow?.what).toContain('shadow-example.com, which is not in the zone example.com');
  });
});

describe('what is in the way', () => {
  const refusal = (name: string) => ({ name, message: `${name}\nmore` });

  it.each([
    ['CredentialsProviderError', 'no-credentials'],
    ['ExpiredToken', 'credentials-refused'],
    ['InvalidClientTokenId', 'credentials-refused'],
    ['TimeoutError', 'not-answered'],
  ])('to a caller: %s is %s', (name, check) => {
    expect(credentialsFinding(refusal(name))).toMatchObject({ check, severity: 'stop' });
  });

  // The same error means another thing once the key is known to be right.
  it.each([
    ['InvalidClientTokenId', 'region-not-enabled'],
    ['UnrecognizedClientException', 'region-not-enabled'],
    ['OptInRequired', 'region-not-enabled'],
    ['AccessDenied', 'permission-missing'],
    ['TimeoutError', 'not-answered'],
  ])('in a region: %s is %s', (name, check) => {
    const finding = regionFinding('ap-east-1', 'cloudformation:DescribeStacks', refusal(name));
    expect(finding.check).toBe(check);
    expect(finding.what).toContain('ap-east-1');
    expect(finding.what).not.toContain('more');
  });

  it('is the wrong account, a zone that is not there or twice', () => {
    expect(accountFinding('111111111111', '222222222222')[0]?.check).toBe('wrong-account');
    expect(accountFinding(undefined, '222222222222')).toEqual([]);
    expect(zoneFinding('example.com', [])[0]?.check).toBe('zone-missing');
    expect(zoneFinding('example.com', ['Z1', 'Z2'])[0]?.check).toBe('zone-ambiguous');
    expect(zoneFinding('example.com', ['Z1'])).toEqual([]);
  });

  it('is a region without a network, and one whose tasks cannot be reached', () => {
    const network = { vpc: 'vpc-1', subnets: ['subnet-1'], access: 'public' as const };
    const asked = {
      serving: ['eu-west-1', 'eu-central-1'],
      probing: ['eu-west-1', 'eu-north-1', 'eu-west-1'],
      network: { 'eu-west-1': network },
      probes: {},
      showsShadow: true,
    };
    const [bare, ...others] = networkFindings(asked);
    expect(bare).toMatchObject({ check: 'network-missing', severity: 'stop' });
    expect(bare?.what).toContain('eu-central-1');
    expect(others).toEqual([]);
    const hidden = { ...network, access: 'private' as const };
    const both = { ...asked, network: { 'eu-west-1': network, 'eu-central-1': hidden } };
    const unreached = networkFindings({ ...both, probes: { 'eu-north-1': {} } });
    expect(unreached.map(({ check }) => check)).toEqual(['probes-missing', 'shadow-hidden']);
    expect(unreached[0]?.what).toBe(
      'tasks in eu-central-1 have private addresses only, which functions in eu-west-1 cannot reach',
    );
    expect(networkFindings({ ...both, serving: [] })).toEqual([]);
  });

  it('is a subnet that is not there, of another network, or without a way to the internet', () => {
    const network = { vpc: 'vpc-1', subnets: ['subnet-1', 'subnet-2', 'subnet-3', 'subnet-4'] };
    const found = [
      { id: 'subnet-1', vpc: 'vpc-1', isOpen: true },
      { id: 'subnet-2', vpc: 'vpc-2', isOpen: true },
      { id: 'subnet-3', vpc: 'vpc-1', isOpen: false },
    ];
    const checksOf = (access: 'public' | 'private') =>
      subnetFindings('eu-west-1', { ...network, access }, found).map(
        ({ check, what }) => `${check}: ${what.match(/subnet-\d/)?.[0]}`,
      );
    expect(checksOf('public')).toEqual([
      'subnet-missing: subnet-4',
      'subnet-elsewhere: subnet-2',
      'subnet-closed: subnet-3',
    ]);
    // What private tasks need of the internet, a NAT gateway or endpoints may give.
    expect(checksOf('private')).toEqual(['subnet-missing: subnet-4', 'subnet-elsewhere: subnet-2']);
    expect(ecsRoleFinding(false)[0]?.check).toBe('ecs-role-missing');
    expect(ecsRoleFinding(true)).toEqual([]);
  });
});

describe('names', () => {
  const stack = {
    role: 'failover',
    region: 'eu-central-1',
    tags: {},
    resources: {
      T: {
        type: 'AWS::DynamoDB::Table',
        retained: true,
        properties: { TableName: 'failover-drill-any-watch' },
        place: { file: '', path: [] },
      },
      B: {
        type: 'AWS::S3::Bucket',
        retained: true,
        properties: { BucketName: 'failover-drill-any-000000000000-eu-central-1' },
        place: { file: '', path: [] },
      },
    },
  };

  it('of one service are never those of another', () => {
    const parts = namePartsIn([stack], 'any');
    expect(parts).toEqual(['watch']);
    expect(sharedPart('shop-watch', parts)).toBe('watch');
    expect(sharedPart('shop-staging', parts)).toBeUndefined();
    expect(sharedPart('watch', parts)).toBeUndefined();
    expect(outerNames('shop')).toEqual([]);
    expect(outerNames('shop-two-a')).toEqual(['shop', 'shop-two']);
  });
});
