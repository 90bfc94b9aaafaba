import type { Match } from './protocol.ts';
import type { OperationModel, ServiceModel } from './sdkModel.ts';
import { AwsError, type WireRequest } from './types.ts';

type Route = {
  readonly operation: OperationModel;
  readonly method: string;
  readonly pattern: RegExp;
  readonly labels: readonly string[];
  readonly query: ReadonlyMap<string, string>;
  /** Routes of higher weight are tried first: more query literals, then more fixed path. */
  readonly weight: number;
};

const LABEL = /\{([^}+]+)(\+?)\}/g;

const routeOf = (operation: OperationModel): Route[] => {
  if (!operation.http) return [];
  const { method, path, query } = operation.http;
  const labels = [...path.matchAll(LABEL)].map(([, label = '']) => label);
  const source = path
    .split(LABEL)
    .map((part, index) => {
      if (index % 3 === 0) return part.replace(/[.*+?^$()[\]\\|]/g, '\\$&');
      if (index % 3 === 1) return '';
      return part === '+' ? '(.+)' : '([^/]+)';
    })
    .join('')
    .replace(/\/$/, '');
  const fixed = path.replace(LABEL, '').length;
  const weight = query.size * 10_000 + fixed * 10 - (path.includes('+}') ? 5 : 0);
  return [{ operation, method, pattern: new RegExp(`^${source}/?$`), labels, query, weight }];
};

export const decodeLabel = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('SerializationException', `not percent-encoded: ${text}`, {}, 400);
  }
};

const queryFits = (route: Route, query: URLSearchParams): boolean => {
  for (const [name, value] of route.query) {
    if (!query.has(name) || (value && query.get(name) !== value)) return false;
  }
  return true;
};

export type Routes = (request: WireRequest, path: string) => Match[];

/** The operations that a request may mean, best first; more than one only where the model is ambiguous. */
export const restRoutes = (model: ServiceModel): Routes => {
  const routes = [...model.operations.values()]
    .flatMap(routeOf)
    .sort((a, b) => b.weight - a.weight);
  const byMethod = Map.groupBy(routes, ({ method }) => method);
  return (request, path) => {
    const found: { match: Match; weight: number }[] = [];
    for (const route of byMethod.get(request.method) ?? []) {
      if (!queryFits(route, request.query)) continue;
      const values = route.pattern.exec(path);
      if (!values) continue;
      const labels = Object.fromEntries(
        route.labels.map((label, index) => [label, decodeLabel(values[index + 1] ?? '')]),
      );
      found.push({ match: { operation: route.operation, labels }, weight: route.weight });
    }
    const best = found[0]?.weight;
    return found.filter(({ weight }) => weight === best).map(({ match }) => match);
  };
};
