/**
 * Name of the execution that carries out one attempt at one epoch. Step Functions refuses a second
 * execution of the same name, so a duplicate event starts nothing. Its names have 80 characters.
 */
export const executionName = (service: string, epoch: number, attempt: number): string =>
  `${service}-${epoch}-${attempt}`;
