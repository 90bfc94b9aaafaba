import { bytesOf, type Protocol } from './protocol.ts';
import { errorDocument } from './restXml.ts';
import type { OperationModel, ServiceModel, Shape } from './sdkModel.ts';
import { AwsError, type WireRequest } from './types.ts';
import { mismatch, readText } from './values.ts';
import { writeMembers, XML_HEAD } from './xmlCodec.ts';
import { escapeXml } from './xmlText.ts';

/** Form fields as a tree: `MetricData.member.1.Value=3` is the leaf `3` under four branches. */
type FormNode = { text: string | undefined; readonly branches: Map<string, FormNode> };

const DEPTH_MAX = 100;
const leafless = (): FormNode => ({ text: undefined, branches: new Map() });

const formTree = (form: URLSearchParams): FormNode => {
  const root = leafless();
  for (const [key, value] of form) {
    const parts = key.split('.');
    if (parts.length > DEPTH_MAX)
      throw mismatch(key.slice(0, 80), `at most ${DEPTH_MAX} levels`, key);
    let node = root;
    for (const part of parts) {
      const next = node.branches.get(part) ?? leafless();
      node.branches.set(part, next);
      node = next;
    }
    node.text = value;
  }
  return root;
};

const numbered = (node: FormNode | undefined): FormNode[] =>
  [...(node?.branches ?? [])]
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, branch]) => branch);

const nameOf = (shape: Shape, otherwise: string): string => {
  const named = shape.getMergedTraits().xmlName;
  return typeof named === 'string' ? named : otherwise;
};

/** How a service writes forms: what members are called, and whether all lists are flat. */
export type FormStyle = {
  readonly fieldOf: (member: Shape, name: string) => string;
  readonly flatLists: boolean;
};

const PLAIN: FormStyle = { fieldOf: nameOf, flatLists: false };

const readForm = (shape: Shape, node: FormNode, where: string, style: FormStyle): unknown => {
  const flat =
    Boolean(shape.getMergedTraits().xmlFlattened) || (style.flatLists && shape.isListSchema());
  if (shape.isListSchema()) {
    const item = shape.getValueSchema();
    const items = flat ? node : node.branches.get(nameOf(item, 'member'));
    return numbered(items).map((branch, index) =>
      readForm(item, branch, `${where}[${index}]`, style),
    );
  }
  if (shape.isMapSchema()) {
    const value = shape.getValueSchema();
    const entries = numbered(flat ? node : node.branches.get('entry'));
    return Object.fromEntries(
      entries.flatMap((entry) => {
        const key = entry.branches.get(nameOf(shape.getKeySchema(), 'key'))?.text;
        const branch = entry.branches.get(nameOf(value, 'value'));
        return key === undefined || !branch ? [] : [[key, readForm(value, branch, where, style)]];
      }),
    );
  }
  if (shape.isStructSchema()) {
    const entries: [string, unknown][] = [];
    for (const [name, member] of shape.structIterator()) {
      const branch = node.branches.get(style.fieldOf(member, name));
      if (branch) entries.push([name, readForm(member, branch, `${where}.${name}`, style)]);
    }
    return Object.fromEntries(entries);
  }
  if (shape.isUnitSchema()) return {};
  if (node.text === undefined) throw mismatch(where, 'a simple value', {});
  return readText(shape, node.text, where);
};

const formOf = (request: WireRequest): URLSearchParams =>
  request.method === 'GET'
    ? request.query
    : new URLSearchParams(Buffer.from(request.body).toString());

/** The operation that a form asks for; `unknownAction` says how this service refuses another. */
export const matchAction =
  (model: ServiceModel, unknownAction: (action: string) => AwsError): Protocol['match'] =>
  (request) => {
    const action = formOf(request).get('Action') ?? '';
    const operation = model.operations.get(action);
    if (!operation) throw unknownAction(action);
    return { operation, labels: {} };
  };

export const readFormInput = (
  { input, name }: OperationModel,
  request: WireRequest,
  style: FormStyle,
): unknown => readForm(input, formTree(formOf(request)), name, style);

/** Whether a request speaks the query protocol, whatever the service's own one is. */
export const speaksQuery = (request: WireRequest): boolean =>
  !('x-amz-target' in request.headers) &&
  ((request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
    (request.method === 'GET' && request.query.has('Action')));

/**
 * The query protocol: a form in, XML out. Older clients and the AWS command line still speak it to
 * services whose newer clients speak JSON, such as CloudWatch.
 */
export const awsQuery = (model: ServiceModel): Protocol => {
  const unknownAction = (action: string) =>
    new AwsError(
      'InvalidAction',
      `Could not find operation ${action} for version ${model.version}`,
      {},
      400,
    );
  return {
    match: matchAction(model, unknownAction),
    read: ({ operation }, request) => readFormInput(operation, request, PLAIN),
    write(operation, output, requestId) {
      const { name } = operation;
      const result = operation.output.isUnitSchema()
        ? ''
        : `<${name}Result>${writeMembers(operation.output, output, name).content}</${name}Result>`;
      const body =
        `${XML_HEAD}<${name}Response xmlns="${escapeXml(model.xmlNamespace)}">${result}` +
        `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata></${name}Response>`;
      const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
      return { status: 200, headers, body: bytesOf(body) };
    },
    fail(failure) {
      const query = failure.model?.query;
      const asQuery = query ? { ...failure, code: query.code, status: query.status } : failure;
      return {
        status: asQuery.status,
        headers: { 'content-type': 'text/xml', 'x-amzn-requestid': failure.requestId },
        body: bytesOf(errorDocument(model.xmlNamespace, asQuery)),
      };
    },
    notOffered: unknownAction,
  };
};
