/** CSV as RFC 4180 has it: fields are quoted where they must be, lines end in CRLF only on the way in. */

export type Field = string | number | boolean | null;

const field = (value: Field): string => {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A line for the columns, then one for each row. */
export const csvLines = (
  columns: readonly string[],
  rows: readonly Readonly<Record<string, Field>>[],
): string[] => [
  columns.join(','),
  ...rows.map((row) => columns.map((column) => field(row[column] ?? null)).join(',')),
];
