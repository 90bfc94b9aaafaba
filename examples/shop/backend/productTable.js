import fs from 'node:fs';
import path from 'node:path';

const SORTS = {
  name: (a, b) => a.name.localeCompare(b.name, 'en'),
  price: (a, b) => a.priceCents - b.priceCents,
  rating: (a, b) => a.rating - b.rating,
  stock: (a, b) => a.stock - b.stock,
};

export const SORT_KEYS = Object.keys(SORTS).flatMap((key) => [key, `-${key}`]);

const rowsOf = (file) => {
  const rows = [];
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      rows.push(JSON.parse(line));
    } catch (cause) {
      // A crash in mid-write leaves half a line, and only at the very end: that change is lost.
      if (index === lines.length - 1) break;
      throw new Error(`${file}:${index + 1}: not a JSON row. Repair or remove the line.`, {
        cause,
      });
    }
  }
  return rows;
};

const endsInMidLine = (file) => {
  const text = fs.readFileSync(file, 'utf8');
  return text !== '' && !text.endsWith('\n');
};

/**
 * The table `products`: rows in memory, loaded from the seed file of the image and then from the
 * journal of changed rows. Every change is in the journal before it is answered.
 */
export const openProductTable = ({ seedFile, dataDir }) => {
  fs.mkdirSync(dataDir, { recursive: true });
  const journal = path.join(dataDir, 'products.changes.ndjson');
  const rows = new Map(rowsOf(seedFile).map((row) => [row.id, row]));
  if (fs.existsSync(journal)) {
    for (const row of rowsOf(journal)) rows.set(row.id, row);
    if (endsInMidLine(journal)) {
      fs.writeFileSync(journal, fs.readFileSync(journal, 'utf8').replace(/[^\n]*$/, ''));
    }
  }
  const fd = fs.openSync(journal, 'a');

  const put = (row) => {
    fs.writeSync(fd, `${JSON.stringify(row)}\n`);
    rows.set(row.id, row);
    return row;
  };

  const list = ({ search = '', category, sort = 'name', page = 1, pageSize = 24 }) => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...rows.values()].filter(
      (row) =>
        (category === undefined || row.category === category) &&
        words.every((word) => row.name.toLowerCase().includes(word)),
    );
    const descending = sort.startsWith('-');
    const compare = SORTS[descending ? sort.slice(1) : sort];
    found.sort((a, b) => (descending ? compare(b, a) : compare(a, b)) || (a.id < b.id ? -1 : 1));
    return {
      items: found.slice((page - 1) * pageSize, page * pageSize),
      total: found.length,
      page,
      pages: Math.max(1, Math.ceil(found.length / pageSize)),
    };
  };

  /** Takes `quantity` from stock; undefined when there is not enough. */
  const reserve = (row, quantity, reference) =>
    row.stock < quantity
      ? undefined
      : put({ ...row, stock: row.stock - quantity, lastReference: reference });

  const release = (row, quantity, reference) =>
    put({ ...row, stock: row.stock + quantity, lastReference: reference });

  return {
    size: () => rows.size,
    get: (id) => rows.get(id),
    list,
    reserve,
    release,
    close: () => fs.closeSync(fd),
  };
};
