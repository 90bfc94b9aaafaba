/**
 * Records what the README shows: a drill of the shop, cold and then warm, as its second output was printed, and a
 * picture of its report. Records nothing when the machine was too busy for an unmarked drill.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { PROJECT_FOLDER } from './package.ts';

const CHROMIUM = '/usr/bin/chromium';
const PICTURE = { width: 1_280, height: 1_500 };

/** A home of its own: nothing is cached in it, and its paths are shown as everybody has them. */
const home = mkdtempSync(path.join(os.tmpdir(), 'failover-record-'));

const drill = async (): Promise<{ code: number | null; stdout: string }> => {
  const { XDG_DATA_HOME: _data, XDG_CACHE_HOME: _cache, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ['cli/main.ts', 'drill', '--config', 'examples/shop/failover.yml'],
    { cwd: PROJECT_FOLDER, env: { ...env, HOME: home }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const [code] = await once(child, 'close');
  return { code: code === null ? null : Number(code), stdout };
};

const photograph = async (page: string): Promise<Buffer> => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    const tab = await browser.newPage({ viewport: PICTURE, colorScheme: 'light' });
    await tab.goto(pathToFileURL(page).href);
    return await tab.screenshot();
  } finally {
    await browser.close();
  }
};

const tookOf = (stdout: string): string => /\((.*) in all\)/.exec(stdout)?.[1] ?? 'unknown';

try {
  const cold = await drill();
  const warm = await drill();
  console.log(`cold ${tookOf(cold.stdout)}, warm ${tookOf(warm.stdout)}; load ${os.loadavg()[0]}`);
  const page = /^Report: ~(\S+\.html)/m.exec(warm.stdout)?.[1];
  if (warm.code !== 0 || page === undefined) {
    throw new Error(`nothing is recorded: the drill ended with ${warm.code}\n${warm.stdout}`);
  }
  const picture = await photograph(path.join(home, page));
  writeFileSync(path.join(PROJECT_FOLDER, 'docs/output/drill.txt'), warm.stdout);
  writeFileSync(path.join(PROJECT_FOLDER, 'docs/img/report.png'), picture);
  console.log('recorded. Now: npm run docs');
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
