import { mismatch } from './values.ts';

/** An XML element: its local name, its children in order, and its text. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
};

const DEPTH_MAX = 100;
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

const broken = (why: string) => mismatch('the request body', `well-formed XML (${why})`, 'text');

const decodeEntities = (text: string): string =>
  text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (_, entity: string) => {
    const named = ENTITIES[entity];
    if (named !== undefined) return named;
    const code = entity.startsWith('#x')
      ? Number.parseInt(entity.slice(2), 16)
      : Number.parseInt(entity.slice(1), 10);
    if (!entity.startsWith('#') || !(code >= 0 && code <= 0x10ffff)) throw broken(`&${entity};`);
    return String.fromCodePoint(code);
  });

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\r\n\u0085\u2028]/g, (char) => {
    if (char === '&') return '&amp;';
    if (char === '<') return '&lt;';
    if (char === '>') return '&gt;';
    if (char === '"') return '&quot;';
    return `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`;
  });

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

const attributesOf = (source: string): Map<string, string> => {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single] of source.matchAll(
    /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
  )) {
    attributes.set(name, decodeEntities(double ?? single ?? ''));
  }
  return attributes;
};

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([^\s<>/!?][^\s<>/]*)([^<>]*?)(\/?)>|([^<]+)/y;

/** Parses one XML document. Document types are refused: no AWS client sends one, and they can be traps. */
export const parseXml = (source: string): XmlElement => {
  const root: XmlElement = { name: '', attributes: new Map(), children: [], text: '' };
  const open = [root];
  TOKEN.lastIndex = source.startsWith('\uFEFF') ? 1 : 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match) throw broken(`at character ${at}`);
    const [, cdata, slash, name, rest = '', closed, text] = match;
    const top = open.at(-1) ?? root;
    if (text !== undefined) top.text += decodeEntities(text);
    else if (cdata !== undefined) top.text += cdata;
    else if (name !== undefined && slash) {
      if (open.length < 2 || top.name !== localName(name)) throw broken(`</${name}>`);
      open.pop();
    } else if (name !== undefined) {
      const element: XmlElement = {
        name: localName(name),
        attributes: attributesOf(rest),
        children: [],
        text: '',
      };
      top.children.push(element);
      if (!closed) open.push(element);
      if (open.length > DEPTH_MAX) throw broken(`more than ${DEPTH_MAX} levels`);
    }
  }
  const [document] = root.children;
  if (open.length !== 1 || root.children.length !== 1 || !document || root.text.trim() !== '') {
    throw broken('one closed root element');
  }
  return document;
};
