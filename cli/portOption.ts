/** The option `--port`. */
import { DrillError } from '../core/errors.ts';

const PORT_MAX = 65_535;

/** @throws DrillError `InputInvalid` */
export const portOf = (text: string): number => {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX && text.trim() !== '') return port;
  throw new DrillError(
    'InputInvalid',
    `--port: "${text}" is no port. Give a number from 0 to ${PORT_MAX}; 0 takes a free one`,
  );
};
