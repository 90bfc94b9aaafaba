/** Source: ASL requires the RFC 3339 profile of ISO 8601 with an upper-case T and an offset. */
const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)$/;

/** Epoch milliseconds of a timestamp, or undefined when the text is none. */
export const parseTimestamp = (text: string): number | undefined => {
  const parts = TIMESTAMP.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute] = parts.map(Number);
  if (month === undefined || day === undefined || hour === undefined || minute === undefined) {
    return undefined;
  }
  const date = new Date(Date.UTC(year ?? 0, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || Number(parts[6] ?? 0) > 59) return undefined;
  const offset = parts[8] ?? 'Z';
  const zone =
    offset === 'Z' || offset.includes(':')
      ? offset
      : `${offset.slice(0, 3)}:${offset.slice(3) || '00'}`;
  const ms = Date.parse(`${text.slice(0, text.length - offset.length)}${zone}`);
  return Number.isNaN(ms) ? undefined : ms;
};
