/** A compiled template as a person reviews it: CloudFormation's YAML, with what differs from run to run left out. */
import { Document, isScalar, isSeq, Scalar, visit } from 'yaml';
import type { Template } from './templates.ts';

/** osls names a package by the moment it was made. */
const PACKAGED_AT = /\/\d{13}-\d{4}-\d\d-\d\dT[\d:.]+Z\//;

const SHORT_FORMS: Readonly<Record<string, string>> = {
  Ref: '!Ref',
  'Fn::Sub': '!Sub',
  'Fn::GetAtt': '!GetAtt',
};

const tagged = (tag: string, text: string): Scalar => {
  const scalar = new Scalar(text);
  scalar.tag = tag;
  return scalar;
};

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** Resources last and by name, so that one that moves within its fragment changes no line. */
const inOrder = ({ Resources, ...rest }: Template): object => ({
  ...rest,
  Resources: Object.fromEntries(
    Object.entries(Resources)
      .sort(byName)
      .map(([id, { DependsOn, ...resource }]) => [
        id,
        DependsOn.length === 0 ? resource : { ...resource, DependsOn },
      ]),
  ),
});

export const goldenOf = (template: Template): string => {
  const document = new Document(inOrder(template), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string') node.value = node.value.replace(PACKAGED_AT, '/TIME/');
    },
    Map: (_, { items }) => {
      const [only, ...others] = items;
      if (only === undefined || others.length > 0 || !isScalar(only.key)) return undefined;
      const tag = SHORT_FORMS[String(only.key.value)];
      if (tag === undefined) return undefined;
      const { value } = only;
      if (isScalar(value)) return tagged(tag, String(value.value));
      if (tag === '!GetAtt' && isSeq(value) && value.items.every(isScalar))
        return tagged(tag, value.items.map((item) => String(item.value)).join('.'));
      return undefined;
    },
    Seq: (_, node) => {
      // Short lists of words stand in one line, as they do in the sources.
      const words = node.items.every(isScalar);
      if (words && JSON.stringify(node.toJSON()).length < 80) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
};
