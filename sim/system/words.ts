/** The event log in the words of people. */
import type { Line } from '../level.ts';

const field = (value: unknown, name: string): string => {
  const found: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, name) : '';
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
};

const eventWords = (type: string, detail: unknown): string => {
  const of = (name: string): string => field(detail, name);
  switch (type) {
    case 'FailoverNotice':
      return `${of('notice')}: ${of('why')}`;
    case 'FailoverDecided':
      return `decided: ${of('name')} moves to ${of('to')} (${of('cause')}): ${of('reason')}`;
    case 'FailoverCompleted':
      return `completed: ${of('execution')} ${of('outcome')}, ${of('active')} is active: ${of('reason')}`;
    case 'RegionVerdict':
      return `verdict: ${of('region')} is ${of('state')}`;
    default:
      return `${type} ${JSON.stringify(detail)}`;
  }
};

/** A line as it is shown; the log itself, and its digest, have every field. */
export const inWords = ({ atMs, what, text }: Line): Line => {
  if (text === '') return { atMs, what, text };
  const fields: unknown = JSON.parse(text);
  if (what === 'event') {
    const detail: unknown = Reflect.get(Object(fields), 'detail');
    return { atMs, what, text: eventWords(field(fields, 'type'), detail) };
  }
  const shown = Object.entries(Object(fields))
    .filter(([name]) => !['fromMs', 'untilMs', 'rule'].includes(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return { atMs, what, text: shown.join(' ') };
};
