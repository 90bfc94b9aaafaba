/** Which tool builds images here. `none`: nothing that really builds was found. */
export type EngineKind = 'docker' | 'podman' | 'buildah';

export type BuildRequest = {
  /** Absolute folder of the build context. */
  readonly context: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfile: string;
  readonly target?: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Full image names that the result gets; at least one. */
  readonly tags: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Builds every step anew. */
  readonly noCache?: boolean;
  /** Host files that `RUN` steps may read at build time and that never get into a layer. */
  readonly readOnlyMounts?: readonly { readonly host: string; readonly inside: string }[];
  /** Every line of the tool's output, without its line end. */
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** The run settings of an image, as in the OCI image configuration. */
export type ImageConfig = {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `NAME=value` entries in the image's order. */
  readonly env: readonly string[];
  readonly workingDir: string;
  /** `user[:group]`, by name or number; empty means root. */
  readonly user: string;
  /** TCP ports named by EXPOSE. */
  readonly exposedPorts: readonly number[];
  readonly stopSignal: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
};

export type ImageFacts = {
  /** `sha256:` digest of the image configuration. */
  readonly imageId: string;
  readonly config: ImageConfig;
  /** Uncompressed digest of each layer, lowest first. */
  readonly diffIds: readonly string[];
  /** Uncompressed bytes of all layers, as the engine counts them. */
  readonly sizeBytes: number;
  readonly createdAt: string;
};

/** What a push left in an OCI layout: gzip layers, real digests. */
export type PushedImage = {
  readonly manifestDigest: string;
  readonly manifestMediaType: string;
  /** Compressed bytes of config and layers together. */
  readonly compressedBytes: number;
  readonly layers: readonly { readonly digest: string; readonly sizeBytes: number }[];
};

/** A writable copy of an image's file system, for a container runtime. */
export type RootFs = {
  readonly path: string;
  release(): Promise<void>;
};

/** One way to build and keep images. All names are full image names, such as `docker.io/library/node:24-slim`. */
export type ContainerEngine = {
  readonly kind: EngineKind;
  readonly version: string;
  /** @throws BuildError with the last lines of output when a step fails. */
  build(request: BuildRequest): Promise<{ imageId: string; ms: number }>;
  /** Fetches an image from its registry. @throws EngineError when it cannot be had in time. */
  pull(name: string, timeoutMs: number): Promise<void>;
  /** Undefined when the engine's storage has no such image. `name` may be a name or an image id. */
  inspect(name: string): Promise<ImageFacts | undefined>;
  tag(name: string, as: string): Promise<void>;
  /** Writes the image with gzip layers into an OCI layout folder, under the tag `ref`. */
  pushToLayout(name: string, folder: string, ref: string): Promise<PushedImage>;
  /** Brings the image `ref` of an OCI layout folder into the engine's storage under `name`. */
  loadFromLayout(folder: string, ref: string, name: string): Promise<void>;
  /** A fresh writable root file system on top of the image; release it to free it. */
  rootfs(name: string): Promise<RootFs>;
  remove(name: string): Promise<void>;
  /** Releases root file systems left by a killed run. */
  cleanUp(): Promise<void>;
};
