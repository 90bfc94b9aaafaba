import { rm } from 'node:fs/promises';
import type {
  CreateRepositoryRequest,
  DeleteRepositoryRequest,
  DescribeRepositoriesRequest,
  GetAuthorizationTokenRequest,
  PutReplicationConfigurationRequest,
} from '@aws-sdk/client-ecr';
import { ACCOUNT_ID, AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { repositoryFolder } from './layout.ts';
import { type Repository, type VisibleRepository, visibleRepositories } from './state.ts';
import { page, type Store } from './store.ts';
import { registryHost, repositoryUri } from './uri.ts';

const TOKEN_MS = 12 * 3_600_000;
const REPOSITORY_NAME = /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

const repositoryAnswer = (repository: VisibleRepository) => ({
  repositoryArn: `arn:aws:ecr:${repository.region}:${ACCOUNT_ID}:repository/${repository.name}`,
  registryId: ACCOUNT_ID,
  repositoryName: repository.name,
  repositoryUri: repositoryUri(repository.region, repository.name),
  createdAt: new Date(repository.createdAtMs),
  imageTagMutability: repository.immutableTags ? 'IMMUTABLE' : 'MUTABLE',
  imageScanningConfiguration: { scanOnPush: false },
  encryptionConfiguration: { encryptionType: 'AES256' },
});

/** The operations on repositories and on the registry as a whole. */
export const repositoryOperations = (store: Store): Operations => {
  const { state, dataDir, clock, replicationLagMs, seen, save } = store;

  const createRepository = async (input: CreateRepositoryRequest, call: CallContext) => {
    const name = input.repositoryName ?? '';
    if (!REPOSITORY_NAME.test(name) || name.length < 2 || name.length > 256) {
      throw new AwsError(
        'InvalidParameterException',
        `Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '${REPOSITORY_NAME.source}''`,
      );
    }
    const { region } = call;
    if (state.value.repositories.some((r) => r.region === region && r.name === name)) {
      throw new AwsError(
        'RepositoryAlreadyExistsException',
        `The repository with name '${name}' already exists in the registry with id '${ACCOUNT_ID}'`,
      );
    }
    const repository: Repository = {
      region,
      name,
      createdAtMs: clock.now(),
      immutableTags: input.imageTagMutability === 'IMMUTABLE',
      images: [],
      deletedReplicas: [],
    };
    await save(repository);
    return { repository: repositoryAnswer({ ...repository, images: [] }) };
  };

  const describeRepositories = (input: DescribeRepositoriesRequest, { region }: CallContext) => {
    const all = input.repositoryNames
      ? input.repositoryNames.map((name) => seen(region, name))
      : visibleRepositories(state.value, region, clock.now(), replicationLagMs);
    const { items, nextToken } = page(all, input.nextToken, input.maxResults);
    return { repositories: items.map(repositoryAnswer), nextToken };
  };

  const deleteRepository = async (input: DeleteRepositoryRequest, { region }: CallContext) => {
    const repository = seen(region, input.repositoryName);
    if (repository.images.length > 0 && !input.force) {
      throw new AwsError(
        'RepositoryNotEmptyException',
        `The repository with name '${repository.name}' in registry with id '${ACCOUNT_ID}' cannot be deleted because it still contains images`,
      );
    }
    await state.save({
      ...state.value,
      repositories: state.value.repositories.filter(
        (r) => r.region !== region || r.name !== repository.name,
      ),
    });
    await rm(repositoryFolder(dataDir, region, repository.name), { recursive: true, force: true });
    return { repository: repositoryAnswer(repository) };
  };

  const getAuthorizationToken = (input: GetAuthorizationTokenRequest, { region }: CallContext) => ({
    authorizationData: (input.registryIds ?? [ACCOUNT_ID]).map((id) => ({
      authorizationToken: Buffer.from(`AWS:${crypto.randomUUID()}`).toString('base64'),
      expiresAt: new Date(clock.now() + TOKEN_MS),
      proxyEndpoint: `https://${registryHost(region, id)}`,
    })),
  });

  const putReplicationConfiguration = async (
    input: PutReplicationConfigurationRequest,
    { region }: CallContext,
  ) => {
    const rules = input.replicationConfiguration?.rules ?? [];
    if (rules.some((rule) => (rule.repositoryFilters ?? []).length > 0)) {
      throw new AwsError('ValidationException', 'repositoryFilters are not supported here');
    }
    const regions = rules.flatMap((rule) => rule.destinations ?? []).map((d) => d.region ?? '');
    await state.save({
      ...state.value,
      replication: { ...state.value.replication, [region]: [...new Set(regions)] },
    });
    return { replicationConfiguration: input.replicationConfiguration };
  };

  const describeRegistry = (_input: object, { region }: CallContext) => {
    const regions = state.value.replication[region] ?? [];
    const destinations = regions
      .filter((destination) => destination !== region)
      .map((destination) => ({ region: destination, registryId: ACCOUNT_ID }));
    const rules = destinations.length > 0 ? [{ destinations }] : [];
    return { registryId: ACCOUNT_ID, replicationConfiguration: { rules } };
  };

  return {
    CreateRepository: createRepository,
    DescribeRepositories: describeRepositories,
    DeleteRepository: deleteRepository,
    GetAuthorizationToken: getAuthorizationToken,
    PutReplicationConfiguration: putReplicationConfiguration,
    DescribeRegistry: describeRegistry,
  };
};
