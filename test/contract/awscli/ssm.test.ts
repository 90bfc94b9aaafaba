import * as sdk from '@aws-sdk/client-ssm';
import { realClock } from '../../../local/clock.ts';
import { createSsm } from '../../../local/ssm/service.ts';
import { serviceFromSdk } from '../../../local/wire/service.ts';
import { awscliTable } from './awscli.ts';

const put =
  (name: string, type: string, ...more: string[]) =>
  () => [
    ...['ssm', 'put-parameter', '--name', name, '--type', type, '--value', `value of ${name}`],
    ...more,
  ];

awscliTable(
  'ssm',
  async (dataDir) => {
    const { operations, close } = createSsm({ dataDir, clock: realClock });
    return { front: serviceFromSdk(sdk, 'ssm', operations), close };
  },
  [
    { name: 'put-parameter', args: put('/shop/db', 'SecureString'), prints: { Version: 1 } },
    {
      name: 'put-parameter that exists',
      args: put('/shop/db', 'String'),
      fails: 'ParameterAlreadyExists',
    },
    {
      name: 'put-parameter over',
      args: put('/shop/db', 'SecureString', '--overwrite'),
      prints: { Version: 2 },
    },
    { name: 'put-parameter below', args: put('/shop/web/port', 'String'), prints: { Version: 1 } },
    {
      name: 'get-parameter',
      args: () => ['ssm', 'get-parameter', '--name', '/shop/db', '--with-decryption'],
      prints: { Parameter: { Value: 'value of /shop/db', Version: 2, Type: 'SecureString' } },
    },
    {
      name: 'get-parameter that is missing',
      args: () => ['ssm', 'get-parameter', '--name', '/none'],
      fails: 'ParameterNotFound',
    },
    {
      name: 'get-parameters',
      args: () => ['ssm', 'get-parameters', '--names', '/shop/web/port', '/none'],
      prints: { Parameters: [{ Name: '/shop/web/port' }], InvalidParameters: ['/none'] },
    },
    {
      name: 'get-parameters-by-path',
      args: () => ['ssm', 'get-parameters-by-path', '--path', '/shop', '--recursive'],
      prints: { Parameters: [{ Name: '/shop/db' }, { Name: '/shop/web/port' }] },
    },
    {
      name: 'describe-parameters',
      args: () => [
        'ssm',
        'describe-parameters',
        '--parameter-filters',
        'Key=Name,Option=BeginsWith,Values=/shop/w',
      ],
      prints: { Parameters: [{ Name: '/shop/web/port', Type: 'String' }] },
    },
    {
      name: 'delete-parameter',
      args: () => ['ssm', 'delete-parameter', '--name', '/shop/db'],
    },
    {
      name: 'delete-parameters',
      args: () => ['ssm', 'delete-parameters', '--names', '/shop/db', '/shop/web/port'],
      prints: { DeletedParameters: ['/shop/web/port'], InvalidParameters: ['/shop/db'] },
    },
    {
      name: 'an operation that is not offered',
      args: () => ['ssm', 'list-documents'],
      fails: 'UnknownOperationException',
    },
  ],
);
