/** Whose rights a build has: those of its project's role; all where it names none. */
import { roleKey } from '../iam/roleKey.ts';
import { type Build, buildId } from './state.ts';

export type BuildCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

const SECRET = 'embedded-codebuild';

export const credentialsOf = (build: Build): BuildCredentials => ({
  accessKeyId:
    build.serviceRole === ''
      ? SECRET
      : roleKey(build.serviceRole, `AWSCodeBuild-${buildId(build).split(':').at(-1)}`),
  secretAccessKey: SECRET,
});
