/** The engine could not do what was asked; the message names the tool and its own words. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** A step of a Dockerfile failed. `tail` holds the last lines of the builder's output. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  readonly tail: readonly string[];
  constructor(message: string, tail: readonly string[]) {
    super(message);
    this.tail = tail;
  }
}

/** A base image can neither be pulled nor assembled here. */
export class BaseImageError extends Error {
  override readonly name = 'BaseImageError';
}
