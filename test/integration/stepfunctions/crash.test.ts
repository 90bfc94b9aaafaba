// Goal: kill -9 between any two steps changes nothing about how an execution ends.
// Method: a child process kills itself at the n-th look at the clock; the next one goes on, until one ends it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CHILD = path.join(import.meta.dirname, 'crashChild.ts');
const NODE = path.resolve(import.meta.dirname, '../../../node_modules/.bin/node');
const EXPECTED = {
  both: [{ items: [1, 2, 3] }, [1, 2, 3]],
  kept: 7,
};

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'crash-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const runChild = (killAfter: number) => {
  const { status, signal, stdout, stderr } = spawnSync(NODE, [CHILD, dataDir, `${killAfter}`], {
    encoding: 'utf8',
  });
  return { status, signal, stdout, stderr };
};

describe('an engine that is killed', () => {
  it('ends the execution the same, wherever the kill falls', () => {
    const looks = JSON.parse(runChild(0).stdout).looks;
    expect(looks).toBeGreaterThan(30);
    for (let at = 3; at < looks; at += 5) {
      rmSync(dataDir, { recursive: true });
      expect(runChild(at).signal, `kill at look ${at}`).toBe('SIGKILL');
      const after = runChild(0);
      expect(after.status, after.stderr).toBe(0);
      const { status, output } = JSON.parse(after.stdout);
      expect({ at, status, output: JSON.parse(output) }).toEqual({
        at,
        status: 'SUCCEEDED',
        output: EXPECTED,
      });
    }
  });

  it('survives being killed again and again', () => {
    let kills = 0;
    for (let at = 6; ; at += 6) {
      const { signal, stdout } = runChild(at);
      if (signal !== 'SIGKILL') {
        expect(JSON.parse(JSON.parse(stdout).output)).toEqual(EXPECTED);
        break;
      }
      kills += 1;
    }
    expect(kills).toBeGreaterThan(2);
  });
});
