/** Opens once for each key, such as a client for each region, and keeps it. */
export const perKey = <Key extends readonly string[], T>(
  open: (...key: Key) => T,
): ((...key: Key) => T) => {
  const known = new Map<string, T>();
  return (...key) => {
    const name = key.join('\n');
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = open(...key);
    known.set(name, made);
    return made;
  };
};
