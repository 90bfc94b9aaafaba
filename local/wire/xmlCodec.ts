import type { Shape } from './sdkModel.ts';
import { membersOf, readText, writeText } from './values.ts';
import { escapeXml, type XmlElement } from './xmlText.ts';

const traitText = (shape: Shape, trait: 'xmlName'): string | undefined => {
  const name = shape.getMergedTraits()[trait];
  return typeof name === 'string' ? name : undefined;
};

const memberElement = (name: string, member: Shape): string => {
  const named = member.getMemberTraits().xmlName;
  return typeof named === 'string' ? named : name;
};

const isFlat = (shape: Shape): boolean => Boolean(shape.getMergedTraits().xmlFlattened);

const named = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name);

const readMap = (shape: Shape, entries: XmlElement[], where: string): Record<string, unknown> => {
  const keyName = traitText(shape.getKeySchema(), 'xmlName') ?? 'key';
  const valueShape = shape.getValueSchema();
  const valueName = traitText(valueShape, 'xmlName') ?? 'value';
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const [key] = named(entry, keyName);
      const [value] = named(entry, valueName);
      return key && value ? [[key.text, readXml(valueShape, value, `${where}.${key.text}`)]] : [];
    }),
  );
};

const readMember = (member: Shape, elements: XmlElement[], where: string): unknown => {
  const [first] = elements;
  if (!first) return undefined;
  if (member.isListSchema()) {
    const itemShape = member.getValueSchema();
    const itemName = traitText(itemShape, 'xmlName') ?? 'member';
    const items = isFlat(member) ? elements : named(first, itemName);
    return items.map((item, index) => readXml(itemShape, item, `${where}[${index}]`));
  }
  if (member.isMapSchema()) {
    return readMap(member, isFlat(member) ? elements : named(first, 'entry'), where);
  }
  return readXml(member, first, where);
};

/** Reads an element as the model says; elements the model lacks are left out, as AWS does. */
export const readXml = (shape: Shape, element: XmlElement, where: string): unknown => {
  if (shape.isListSchema() || shape.isMapSchema()) return readMember(shape, [element], where);
  if (!shape.isStructSchema()) return readText(shape, element.text, where);
  const entries: [string, unknown][] = [];
  for (const [name, member] of shape.structIterator()) {
    const traits = member.getMergedTraits();
    const elementName = memberElement(name, member);
    const value = traits.xmlAttribute
      ? element.attributes.get(elementName)
      : readMember(member, named(element, elementName), `${where}.${name}`);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
};

const namespaceAttribute = (shape: Shape): string => {
  const trait: unknown = shape.getMergedTraits().xmlNamespace;
  if (!Array.isArray(trait)) return '';
  const [prefix, uri] = trait.map(String);
  return uri ? ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"` : '';
};

const writeElement = (shape: Shape, name: string, value: unknown, where: string): string => {
  if (shape.isListSchema()) {
    if (!Array.isArray(value)) throw new Error(`${where}: a list is due, found ${typeof value}`);
    const itemShape = shape.getValueSchema();
    const flat = isFlat(shape);
    const itemName = flat ? name : (traitText(itemShape, 'xmlName') ?? 'member');
    const items = value
      .map((item, index) => writeElement(itemShape, itemName, item, `${where}[${index}]`))
      .join('');
    return flat ? items : `<${name}>${items}</${name}>`;
  }
  if (shape.isMapSchema()) {
    const keyName = traitText(shape.getKeySchema(), 'xmlName') ?? 'key';
    const valueShape = shape.getValueSchema();
    const valueName = traitText(valueShape, 'xmlName') ?? 'value';
    const flat = isFlat(shape);
    const entryName = flat ? name : 'entry';
    const entries = Object.entries(membersOf(value, where)).map(
      ([key, item]) =>
        `<${entryName}><${keyName}>${escapeXml(key)}</${keyName}>` +
        `${writeElement(valueShape, valueName, item, `${where}.${key}`)}</${entryName}>`,
    );
    return flat ? entries.join('') : `<${name}>${entries.join('')}</${name}>`;
  }
  if (shape.isStructSchema()) {
    const { attributes, content } = writeMembers(shape, value, where);
    return `<${name}${namespaceAttribute(shape)}${attributes}>${content}</${name}>`;
  }
  return `<${name}>${escapeXml(writeText(shape, value, 'date-time', where))}</${name}>`;
};

/** Writes the members of a structure, without the element around them. `only` picks some of them. */
export const writeMembers = (
  shape: Shape,
  value: unknown,
  where: string,
  only?: ReadonlySet<string>,
): { attributes: string; content: string } => {
  const members = membersOf(value, where);
  let attributes = '';
  let content = '';
  for (const [name, member] of shape.structIterator()) {
    const item = members[name];
    if (item === undefined || item === null || (only && !only.has(name))) continue;
    const elementName = memberElement(name, member);
    const at = `${where}.${name}`;
    if (member.getMergedTraits().xmlAttribute) {
      attributes += ` ${elementName}="${escapeXml(writeText(member, item, 'date-time', at))}"`;
    } else content += writeElement(member, elementName, item, at);
  }
  return { attributes, content };
};

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A whole document: the root element with its namespace around the members of a structure. */
export const writeDocument = (
  root: string,
  xmlNamespace: string,
  shape: Shape,
  value: unknown,
  only?: ReadonlySet<string>,
): string => {
  const { attributes, content } = writeMembers(shape, value, root, only);
  const xmlns = xmlNamespace ? ` xmlns="${escapeXml(xmlNamespace)}"` : '';
  return `${XML_HEAD}<${root}${xmlns}${attributes}>${content}</${root}>`;
};
