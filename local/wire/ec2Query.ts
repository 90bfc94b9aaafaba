import { matchAction, readFormInput } from './awsQuery.ts';
import { bytesOf, type Protocol } from './protocol.ts';
import type { ServiceModel, Shape } from './sdkModel.ts';
import { AwsError } from './types.ts';
import { writeMembers, XML_HEAD } from './xmlCodec.ts';
import { escapeXml } from './xmlText.ts';

const textOf = (trait: unknown): string | undefined =>
  typeof trait === 'string' ? trait : undefined;

const fieldOf = (member: Shape, name: string): string => {
  const { ec2QueryName, xmlName } = member.getMergedTraits();
  const known = textOf(xmlName) ?? name;
  return textOf(ec2QueryName) ?? `${known.charAt(0).toUpperCase()}${known.slice(1)}`;
};

/** The query protocol as EC2 alone speaks it: every list is flat, and nothing is around an answer's members. */
export const ec2Query = (model: ServiceModel): Protocol => {
  const unknownAction = (action: string) =>
    new AwsError(
      'InvalidAction',
      `The action ${action} is not valid for this web service.`,
      {},
      400,
    );
  return {
    match: matchAction(model, unknownAction),
    read: ({ operation }, request) =>
      readFormInput(operation, request, { fieldOf, flatLists: true }),
    write({ name, output: shape }, output, requestId) {
      const members = shape.isUnitSchema() ? '' : writeMembers(shape, output, name).content;
      const body =
        `${XML_HEAD}<${name}Response xmlns="${escapeXml(model.xmlNamespace)}">` +
        `<requestId>${escapeXml(requestId)}</requestId>${members}</${name}Response>`;
      const headers = { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId };
      return { status: 200, headers, body: bytesOf(body) };
    },
    fail({ code, message, requestId, status }) {
      const body =
        `${XML_HEAD}<Response><Errors><Error><Code>${escapeXml(code)}</Code>` +
        `<Message>${escapeXml(message)}</Message></Error></Errors>` +
        `<RequestID>${escapeXml(requestId)}</RequestID></Response>`;
      const headers = { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId };
      return { status, headers, body: bytesOf(body) };
    },
    notOffered: unknownAction,
  };
};
