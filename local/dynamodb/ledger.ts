import { mkdirSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { openDatabase } from '../state/sqlite.ts';
import type { Json } from './engine.ts';

/** When and where a version of an item was written; the later one wins, the region name breaks ties. */
export type Version = { readonly at: number; readonly region: string };

/** A write that a replica has not seen yet. */
export type Shipment = {
  readonly seq: number;
  readonly target: string;
  readonly table: string;
  readonly key: Json;
  readonly at: number;
};

/** An item as it was before a transaction. */
export type Before = {
  readonly table: string;
  readonly key: Json;
  readonly item: Json | undefined;
};

/** Where a table with multi-Region strong consistency is: one copy, which all its replicas read and write. */
export type Strong = {
  readonly home: string;
  readonly replicas: readonly string[];
  readonly witness: string | null;
};

export type TimeToLive = { readonly table: string; readonly attribute: string };

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS version
    (tbl TEXT, key TEXT, at REAL NOT NULL, region TEXT NOT NULL, PRIMARY KEY (tbl, key)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS outbox
    (seq INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, tbl TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL);
  CREATE TABLE IF NOT EXISTS replicas (tbl TEXT PRIMARY KEY, regions TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS strong (tbl TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS ttl (tbl TEXT PRIMARY KEY, attribute TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS token
    (token TEXT PRIMARY KEY, hash TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS undo (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL);
`;

const json = z.record(z.string(), z.unknown());
const shipmentRow = z.object({
  seq: z.number(),
  target: z.string(),
  tbl: z.string(),
  key: z.string(),
  at: z.number(),
});
const strongPlace = z.object({
  home: z.string(),
  replicas: z.array(z.string()),
  witness: z.string().nullable(),
}) satisfies z.ZodType<Strong>;
const beforeEntry = z.object({ table: z.string(), key: json, item: json.optional() });

const keyText = (key: Json): string =>
  JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
const keyOfText = (text: string): Json =>
  Object.fromEntries(z.array(z.tuple([z.string(), z.unknown()])).parse(JSON.parse(text)));

const openStrong = (db: ReturnType<typeof openDatabase>) => {
  const find = db.prepare('SELECT place FROM strong WHERE tbl = ?');
  const keep = db.prepare('INSERT OR REPLACE INTO strong VALUES (?, ?)');
  const drop = db.prepare('DELETE FROM strong WHERE tbl = ?');
  return {
    /** Undefined for a table that is not strongly consistent over regions. */
    strong(table: string): Strong | undefined {
      const row = find.get(table);
      return row && strongPlace.parse(JSON.parse(z.string().parse(row['place'])));
    },
    setStrong(table: string, place: Strong | undefined): void {
      if (place === undefined) drop.run(table);
      else keep.run(table, JSON.stringify(place));
    },
  };
};

/** What the front of one region must remember besides the items: versions, shipments, TTL, undo. */
export const openLedger = (folder: string) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const db = openDatabase(path.join(folder, 'ledger.sqlite'), SCHEMA);
  const sql = {
    version: db.prepare('SELECT at, region FROM version WHERE tbl = ? AND key = ?'),
    setVersion: db.prepare('INSERT OR REPLACE INTO version VALUES (?, ?, ?, ?)'),
    ship: db.prepare('INSERT INTO outbox (target, tbl, key, at) VALUES (?, ?, ?, ?)'),
    shipped: db.prepare('DELETE FROM outbox WHERE seq = ?'),
    outbox: db.prepare('SELECT seq, target, tbl, key, at FROM outbox ORDER BY seq'),
    replicas: db.prepare('SELECT regions FROM replicas WHERE tbl = ?'),
    setReplicas: db.prepare('INSERT OR REPLACE INTO replicas VALUES (?, ?)'),
    ttl: db.prepare('SELECT tbl, attribute FROM ttl'),
    setTtl: db.prepare('INSERT OR REPLACE INTO ttl VALUES (?, ?)'),
    dropTtl: db.prepare('DELETE FROM ttl WHERE tbl = ?'),
    token: db.prepare('SELECT hash FROM token WHERE token = ? AND at >= ?'),
    setToken: db.prepare('INSERT OR REPLACE INTO token VALUES (?, ?, ?)'),
    dropTokens: db.prepare('DELETE FROM token WHERE at < ?'),
    undo: db.prepare('SELECT entry FROM undo ORDER BY seq'),
    setUndo: db.prepare('INSERT INTO undo (entry) VALUES (?)'),
    dropUndo: db.prepare('DELETE FROM undo'),
  };

  const together = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  };

  return {
    ...openStrong(db),
    version(table: string, key: Json): Version | undefined {
      const row = sql.version.get(table, keyText(key));
      return row ? z.object({ at: z.number(), region: z.string() }).parse(row) : undefined;
    },
    setVersion(table: string, key: Json, { at, region }: Version): void {
      sql.setVersion.run(table, keyText(key), at, region);
    },
    /** Notes writes that are about to happen, so that a crash cannot keep them from the replicas. */
    announce(
      writes: readonly { table: string; key: Json; targets: readonly string[] }[],
      at: number,
    ) {
      return together(() =>
        writes.flatMap(({ table, key, targets }) =>
          targets.map((target): Shipment => {
            const { lastInsertRowid } = sql.ship.run(target, table, keyText(key), at);
            return { seq: Number(lastInsertRowid), target, table, key, at };
          }),
        ),
      );
    },
    shipped(seqs: readonly number[]): void {
      together(() => {
        for (const seq of seqs) sql.shipped.run(seq);
      });
    },
    outbox: (): Shipment[] =>
      z
        .array(shipmentRow)
        .parse(sql.outbox.all())
        .map(({ tbl, key, ...row }) => ({ ...row, table: tbl, key: keyOfText(key) })),
    /** Every region that has a replica of the table, this one included; none for a plain table. */
    replicas(table: string): string[] {
      const row = sql.replicas.get(table);
      if (!row) return [];
      return z.array(z.string()).parse(JSON.parse(z.string().parse(row['regions'])));
    },
    setReplicas(table: string, regions: readonly string[]): void {
      sql.setReplicas.run(table, JSON.stringify(regions));
    },
    timesToLive: (): TimeToLive[] =>
      z
        .array(z.object({ tbl: z.string(), attribute: z.string() }))
        .parse(sql.ttl.all())
        .map(({ tbl, attribute }) => ({ table: tbl, attribute })),
    setTimeToLive(table: string, attribute: string | undefined): void {
      if (attribute === undefined) sql.dropTtl.run(table);
      else sql.setTtl.run(table, attribute);
    },
    /** The hash of the transaction that used this token since `since`. */
    tokenHash(token: string, since: number): string | undefined {
      const row = sql.token.get(token, since);
      return row ? z.string().parse(row['hash']) : undefined;
    },
    undo: (): Before[] =>
      sql.undo
        .all()
        .map((row) => beforeEntry.parse(JSON.parse(z.string().parse(row['entry']))))
        .map(({ table, key, item }) => ({ table, key, item })),
    setUndo(before: readonly Before[]): void {
      together(() => {
        for (const entry of before) sql.setUndo.run(JSON.stringify(entry));
      });
    },
    clearUndo: (): void => void sql.dropUndo.run(),
    /** Ends a transaction: it will not be undone, and its token will not run it again. */
    commit(token: string | undefined, hash: string, at: number, forgetBefore: number): void {
      together(() => {
        sql.dropUndo.run();
        sql.dropTokens.run(forgetBefore);
        if (token !== undefined) sql.setToken.run(token, hash, at);
      });
    },
    forgetTable(table: string): void {
      together(() => {
        for (const name of ['version', 'outbox', 'replicas', 'ttl']) {
          db.prepare(`DELETE FROM ${name} WHERE tbl = ?`).run(table);
        }
      });
    },
    close: (): void => db.close(),
  };
};

export type Ledger = ReturnType<typeof openLedger>;
