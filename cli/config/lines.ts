/** Where a value stands in a YAML file. */
import { type Document, isMap, isNode, isScalar, type LineCounter } from 'yaml';

export type Lined = { readonly document: Document; readonly lines: LineCounter };

/** Line of the deepest node on the way to `at` that exists; the line of its key where it has one. */
export const lineAt = ({ document, lines }: Lined, at: readonly PropertyKey[]): number => {
  for (let depth = at.length; depth >= 0; depth--) {
    const parent = depth === 0 ? undefined : document.getIn(at.slice(0, depth - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === at[depth - 1]);
      const key = pair?.key;
      if (isNode(key) && key.range) return lines.linePos(key.range[0]).line;
    }
    const node = document.getIn(at.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};
