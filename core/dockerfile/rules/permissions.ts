/** Files that anyone in the container may change. */
import { type Image, stageOf } from '../image.ts';
import { runCommands } from '../instructions.ts';
import { type Found, flagValues } from '../model.ts';
import type { Command } from '../shell.ts';
import { substitute } from '../words.ts';

/** Whether a mode lets others write. A sticky folder such as /tmp is shared on purpose. */
const isOpen = (mode: string): boolean => {
  if (/^[0-7]{3,4}$/.test(mode)) {
    const sticky = mode.length === 4 && (Number(mode[0]) & 1) === 1;
    return !sticky && (Number(mode.at(-1)) & 2) === 2;
  }
  return mode
    .split(',')
    .some((part) => /^[ug]*[oa][ugoa]*[+=][rXxst]*w/.test(part) && !/t/.test(part));
};

const modeOf = ({ words: [name = '', ...rest] }: Pick<Command, 'words'>): string | undefined => {
  const exec = name === 'find' ? rest.findIndex((word) => /^-(?:exec|ok)(?:dir)?$/.test(word)) : -1;
  if (exec >= 0) return modeOf({ words: rest.slice(exec + 1) });
  if (name === 'chmod') return rest.find((word) => !/^-[a-zA-Z-]/.test(word));
  if (name !== 'mkdir' && name !== 'install') return undefined;
  const flag = rest.findIndex((word) => word === '-m' || word === '--mode');
  const joined = rest.find((word) => /^(?:-m\d|--mode=)/.test(word));
  return flag >= 0 ? rest[flag + 1] : joined?.replace(/^(?:-m|--mode=)/, '');
};

export const openFiles = (image: Image): Found[] =>
  image.steps.flatMap((step) => {
    const modes =
      step.keyword === 'RUN'
        ? runCommands(step).map(modeOf)
        : flagValues(step, 'chmod').map((value) => substitute(value, step.variables));
    const open = modes.find((mode) => mode !== undefined && isOpen(mode));
    if (open === undefined) return [];
    return [
      {
        line: step.line,
        stage: stageOf(step),
        what: `mode ${open} lets every user of "${image.name}" change these files`,
        remedy: 'give the files to the user of the image (COPY --chown=10001) and use 755 or 644',
      },
    ];
  });
