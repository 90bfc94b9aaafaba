/** Dependencies of development in the image that serves. */
import { devTreesOf } from '../devTrees.ts';
import { type Image, stageOf } from '../image.ts';
import type { Found } from '../model.ts';

export const devDependencies = (image: Image): Found[] =>
  devTreesOf(image.last, image.stages).map(({ step, install, command, remedy }) => ({
    line: step.line,
    stage: stageOf(step),
    what:
      step === install
        ? `"${command}" leaves the dependencies of development in "${image.name}"`
        : `the folder copied here holds the dependencies of development: line ${install.line} installs them`,
    remedy,
  }));
