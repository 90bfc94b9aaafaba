/** Text becomes markup only here: every string put into a template is escaped, wherever it stands. */

/** Markup that is safe to put into a page as it is. */
export type Markup = { readonly markup: string };

type Part = string | number | Markup | null | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const textOf = (part: Part): string => {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return 'markup' in part ? part.markup : part.map(textOf).join('');
};

/** A template of HTML or SVG. Values are escaped, also for quoted attributes; markup and lists of it are not. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Markup => ({
  markup: strings.reduce((all, text, at) => all + textOf(parts[at - 1] ?? null) + text),
});

/** For text that this project wrote itself, such as its style sheet. */
export const trusted = (markup: string): Markup => ({ markup });

/** JSON for a script element that is only data: no character sequence of it can end the element. */
export const inlineJson = (value: unknown): Markup =>
  trusted(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
