// Goal: the page of a failover says everything, fits any screen, and is inert whatever the record holds.
// Method: render made-up failovers, read the file as text, and open it in a browser where one is installed.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failoverLines } from '../../cli/output/failoverText.ts';
import { plainStyle } from '../../cli/output/style.ts';
import { renderFailoverPage } from '../../dashboard/failoverPage.ts';
import type { FailoverReport } from '../../events/failoverReport.ts';
import { madeUpReport } from '../support/failoverRecord.ts';
import { HOME, STANDBY } from '../support/failovers.ts';

const CHROMIUM = '/usr/bin/chromium';
const HOSTILE = `"'><img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>`;

const good = madeUpReport();
const attacked: FailoverReport = {
  ...madeUpReport({ reason: HOSTILE, leftovers: [HOSTILE] }, HOSTILE),
  dns: good.dns.map((one) => ({ ...one, server: HOSTILE, values: [HOSTILE], detail: HOSTILE })),
  calls: good.calls.map((call) => ({ ...call, result: HOSTILE, requestId: HOSTILE })),
};
const failed = madeUpReport({ outcome: 'failed', active: HOME, timings: null, lossMs: null });
const home = madeUpReport({ cause: 'failback', from: STANDBY, to: HOME, active: HOME });
/** A record of which only the end was kept. */
const bare: FailoverReport = {
  ...good,
  ...{ decision: null, faultMs: null, dns: [], request: null, verification: null },
  ...{ calls: [], probes: [], result: { ...good.result, timings: null, vantage: null } },
};

describe('the file', () => {
  it('escapes whatever the record holds, and loads nothing', () => {
    const page = renderFailoverPage(attacked);
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/(?:src|href)="(?!#)/g)).toBeNull();
  });

  it('holds the facts as data, and says them', () => {
    const page = renderFailoverPage(good);
    const [, json = ''] = /id="report">(.*?)<\/script>/s.exec(page) ?? [];
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(good)));
    for (const words of ['42.3 s', 'not yet', 'timeout: in 2 s', 'wants 4 tasks', 'PutObject']) {
      expect(page).toContain(words);
    }
    expect(page).toContain(`${STANDBY} serves instead of ${HOME}, after 42.3 s`);
  });

  it('calls a failure and a way home what they are', () => {
    expect(renderFailoverPage(failed)).toContain(`The move to ${STANDBY} failed: ${HOME} serves`);
    expect(renderFailoverPage(home)).toContain(`${HOME} has its traffic back`);
    expect(renderFailoverPage(home)).not.toContain('from the first failed probe');
  });

  it('leaves out what was not kept', () => {
    const page = renderFailoverPage(bare);
    for (const id of ['votes', 'gates', 'dns', 'calls', 'probes', 'rto']) {
      expect(page).not.toContain(`id="${id}"`);
    }
  });
});

describe('the same in a terminal', () => {
  it('has every part, and no line too long to read', () => {
    const lines = failoverLines(good, plainStyle);
    for (const part of ['Timeline', 'Votes', 'Gates', 'DNS answers', 'Left over', 'Record:']) {
      expect(lines.some((line) => line.includes(part))).toBe(true);
    }
    expect(failoverLines(bare, plainStyle).join('\n')).toContain('not measured');
    expect(failoverLines(home, plainStyle).join('\n')).toContain('from the decision');
  });
});

describe.skipIf(!existsSync(CHROMIUM))('in a browser', () => {
  let browser: Browser;
  let folder: string;
  const said: string[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'failover-page-'));
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (report: FailoverReport, width: number): Promise<Page> => {
    const file = path.join(folder, 'page.html');
    writeFileSync(file, renderFailoverPage(report));
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(pathToFileURL(file).href);
    return page;
  };

  it.each([
    ['a failover', good],
    ['an attack', attacked],
    ['a failure', failed],
    ['the end of a record', bare],
  ])('says nothing on the console and fits 360 pixels: %s', async (_name, report) => {
    said.length = 0;
    const page = await open(report, 360);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const outside = await page.evaluate(`[...document.querySelectorAll('main *')]
      .filter((e) => !e.closest('.scroll') && e.getBoundingClientRect().right > 361)
      .map((e) => e.outerHTML.slice(0, 120))`);
    expect(outside).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    expect(said).toEqual([]);
    await page.close();
  });

  it('is read by keyboard, and in the dark', async () => {
    const page = await open(good, 1_000);
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.focus('#theme');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await ground()).not.toBe(light);
    const stops = await page.evaluate(`document.querySelectorAll('.scroll[tabindex="0"]').length`);
    expect(stops).toBeGreaterThan(3);
    await page.close();
  });
});
