/** Makes docs/permissions.md, and copies recorded output into the documents that show it: `<!-- path -->` to `<!-- end -->` holds the file. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_FOLDER } from './package.ts';
import { permissionsText } from './permissions.ts';

const BLOCK = /<!-- (docs\/output\/[\w.-]+) -->\n[\s\S]*?<!-- end -->/g;

/** The document with every recorded output as its file has it now. */
export const withOutputs = (document: string): string =>
  document.replace(BLOCK, (_block, file: string) => {
    const text = readFileSync(path.join(PROJECT_FOLDER, file), 'utf8').trimEnd();
    return `<!-- ${file} -->\n\`\`\`text\n${text}\n\`\`\`\n<!-- end -->`;
  });

if (process.argv[1] === import.meta.filename) {
  const file = path.join(PROJECT_FOLDER, 'README.md');
  writeFileSync(file, withOutputs(readFileSync(file, 'utf8')));
  writeFileSync(path.join(PROJECT_FOLDER, 'docs/permissions.md'), permissionsText());
}
