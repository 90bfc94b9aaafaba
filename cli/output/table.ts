/** Plain columns, padded to the widest cell. */

type Align = 'left' | 'right';
export type Column = { readonly title: string; readonly align?: Align };

/** Printed width: what colour adds is not seen. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
export const widthOf = (text: string): number => [...text.replace(ESCAPES, '')].length;

const pad = (text: string, width: number, align: Align): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
};

/** Lines of a table: the titles, then the rows. */
export const tableLines = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  title: (text: string) => string = (text) => text,
): string[] => {
  const widths = columns.map((column, at) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[at] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(cell, widths[at] ?? 0, columns[at]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [title(line(columns.map((column) => column.title))), ...rows.map(line)];
};

/** Breaks a sentence into lines of at most `width`, the later ones indented; blanks at its start stay. */
export const wrap = (text: string, width: number, indent = ''): string[] => {
  const lines: string[] = [];
  let line = '';
  const start = text.length - text.trimStart().length;
  for (const word of text.trim().split(' ')) {
    const next = line === '' ? text.slice(0, start) + word : `${line} ${word}`;
    if (line !== '' && widthOf(next) > width) {
      lines.push(line);
      line = indent + word;
    } else line = next;
  }
  return line === '' ? lines : [...lines, line];
};
