import type {
  BatchGetProjectsInput,
  CreateProjectInput,
  DeleteProjectInput,
  ListProjectsInput,
} from '@aws-sdk/client-codebuild';
import type { Clock } from '../clock.ts';
import type { StateFile } from '../state/stateFile.ts';
import { AwsError, type CallContext, type Operations } from '../wire/types.ts';
import { projectAnswer } from './answers.ts';
import { projectFrom } from './requests.ts';
import { type CodeBuildState, type Project, putProject } from './state.ts';

/** @throws AwsError ResourceNotFoundException */
export const findProject = (
  state: CodeBuildState,
  region: string,
  name: string | undefined,
): Project => {
  const found = state.projects.find((p) => p.region === region && p.name === name);
  if (found) return found;
  throw new AwsError(
    'ResourceNotFoundException',
    `Project cannot be found: arn:aws:codebuild:${region}:project/${name}`,
  );
};

export const projectOperations = (state: StateFile<CodeBuildState>, clock: Clock): Operations => {
  const createProject = async (input: CreateProjectInput, { region }: CallContext) => {
    const made = projectFrom(input, region, clock.now());
    if (state.value.projects.some((p) => p.region === region && p.name === made.name)) {
      throw new AwsError(
        'ResourceAlreadyExistsException',
        `Project already exists: arn:aws:codebuild:${region}:project/${made.name}`,
      );
    }
    await state.save(putProject(state.value, made));
    return { project: projectAnswer(made) };
  };

  const updateProject = async (input: CreateProjectInput, { region }: CallContext) => {
    const { createdAtMs } = findProject(state.value, region, input.name);
    const made = { ...projectFrom(input, region, clock.now()), createdAtMs };
    await state.save(putProject(state.value, made));
    return { project: projectAnswer(made) };
  };

  const deleteProject = async ({ name }: DeleteProjectInput, { region }: CallContext) => {
    await state.save({
      ...state.value,
      projects: state.value.projects.filter((p) => p.region !== region || p.name !== name),
    });
    return {};
  };

  const batchGetProjects = ({ names = [] }: BatchGetProjectsInput, { region }: CallContext) => {
    const found = state.value.projects.filter((p) => p.region === region && names.includes(p.name));
    const missing = names.filter((name) => !found.some((p) => p.name === name));
    return { projects: found.map(projectAnswer), projectsNotFound: missing };
  };

  const listProjects = (input: ListProjectsInput, { region }: CallContext) => {
    const names = state.value.projects.filter((p) => p.region === region).map((p) => p.name);
    names.sort();
    return { projects: input.sortOrder === 'DESCENDING' ? names.reverse() : names };
  };

  return {
    CreateProject: createProject,
    UpdateProject: updateProject,
    DeleteProject: deleteProject,
    BatchGetProjects: batchGetProjects,
    ListProjects: listProjects,
  };
};
