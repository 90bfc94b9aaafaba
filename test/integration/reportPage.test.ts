// Goal: the page of a report says everything, fits any screen, and is inert whatever the report holds.
// Method: render made-up drills, read the file as text, and open it in a browser where one is installed.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderReportPage } from '../../dashboard/reportPage.ts';
import { PAGE_SCRIPT, PAGE_SCRIPT_SHA256 } from '../../dashboard/script.ts';
import { DrillReport } from '../../events/drillReport.ts';
import type { ImageFacts } from '../../events/image.ts';
import { reportOfDrill } from '../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT, MODEL } from '../support/drillRecords.ts';
import { gatedDrill } from '../support/gatedDrill.ts';
import { nightsReportOf } from '../support/nights.ts';

const CHROMIUM = '/usr/bin/chromium';
const HOSTILE = `"'><img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>`;

const good = reportOfDrill(drillRecords(), FINISHED_AT);
const gated = reportOfDrill(gatedDrill(), FINISHED_AT);
/** With three weeks before it, two of the nights missed, and an image that became slower. */
const nightly: DrillReport = {
  ...good,
  nights: nightsReportOf(
    {
      ...{ seed: 'page', noise: 0.02, armNoise: 0.01 },
      truth: (arm, _, at) => (arm === 'distroless' && at >= 14 ? 1.2 : 1),
    },
    22,
    [5, 9],
  ),
};

const attackedImage = (image: ImageFacts | null): ImageFacts | null => {
  if (!image?.content) return image;
  const { content } = image;
  return {
    ...image,
    stages: image.stages.map((stage) => ({ ...stage, name: HOSTILE, takesFrom: [HOSTILE] })),
    buildSteps: image.buildSteps.map((step) => ({ ...step, instruction: HOSTILE })),
    content: {
      ...content,
      notRead: HOSTILE,
      layers: content.layers.map((layer) => ({ ...layer, createdBy: HOSTILE })),
      wasted: content.wasted.map((file) => ({ ...file, path: HOSTILE })),
    },
    findings: (image.findings ?? []).map((finding) => ({ ...finding, what: HOSTILE })),
    gates: image.gates.map((gate) => ({ ...gate, found: HOSTILE, limit: HOSTILE })),
  };
};

/** Every text of the report that comes from outside is an attack. */
const attacked = (report: DrillReport): DrillReport => {
  const turned = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turned);
    if (typeof value === 'object' && value !== null) {
      const pairs = Object.entries(value).map(([key, inner]) => [key, turned(inner)]);
      return Object.fromEntries(pairs);
    }
    return value === 'distroless' ? `distroless${HOSTILE}` : value;
  };
  const all = DrillReport.parse(turned(report));
  return {
    ...all,
    service: `shop${HOSTILE}`,
    headline: HOSTILE,
    next: [HOSTILE, HOSTILE],
    seed: HOSTILE,
    runner: [HOSTILE],
    problems: [{ kind: HOSTILE, where: HOSTILE, what: HOSTILE }],
    notMeasured: [{ what: HOSTILE, why: HOSTILE }],
    placements: all.placements.map((line) => ({ ...line, error: HOSTILE })),
    variants: all.variants.map((variant) => ({ ...variant, image: attackedImage(variant.image) })),
  };
};

/** Nothing was measured, built or placed. */
const empty: DrillReport = {
  ...good,
  ...{ roundsDone: 0, sent: 0, rankings: [], cells: [], placements: [], runner: [] },
  variants: good.variants.map((variant) => ({
    ...{ ...variant, image: null, scorePct: null },
    gates: [],
  })),
};

const longNamed = (() => {
  const long = 'a-variant-with-a-name-as-long-as-names-may-be-'.repeat(2);
  const variants = MODEL.variants.map((variant) =>
    variant.id === 'fat' ? { ...variant, id: long } : variant,
  );
  return reportOfDrill(drillRecords({ ...MODEL, variants }), FINISHED_AT);
})();

describe('the file', () => {
  it('loads nothing from elsewhere', () => {
    const page = renderReportPage(good);
    expect(page).not.toMatch(/(src|href)="(?!#)/);
    expect(page).not.toMatch(/url\(|@import|https?:\/\//);
  });

  it('allows its own script by hash and no other', () => {
    const hash = createHash('sha256').update(PAGE_SCRIPT).digest('base64');
    expect(PAGE_SCRIPT_SHA256).toBe(hash);
    expect(renderReportPage(good)).toContain(`script-src &#39;sha256-${hash}&#39;`);
  });

  it('escapes whatever the report holds', () => {
    const page = renderReportPage(attacked(gated));
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).toContain('&quot;&#39;&gt;&lt;img src=x');
  });

  it('holds the report itself', () => {
    const json = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(
      renderReportPage(attacked(good)),
    )?.[1];
    expect(JSON.parse(json ?? '')).toEqual(attacked(good));
  });

  it('shows what is not available as such, and never as a number', () => {
    const page = renderReportPage(good);
    expect(page).toContain('aria-label="tcp: not available, a proxy on the way');
    // What did not take place is no gap in the measuring.
    expect(page).toContain('<div class="lane absent">plain http</div>');
    expect(page).not.toContain('aria-label="tls: not available');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(renderReportPage(empty)).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has every part, each with a heading', () => {
    const page = renderReportPage(attacked(gated));
    const parts = ['ranking', 'problems', 'effects', 'scenarios', 'trade-off', 'heat', 'bands'];
    const more = ['rounds', 'phases', 'gates', 'images', 'builds', 'placements'];
    for (const id of [...parts, ...more, 'not-measured', 'method']) {
      expect(page, id).toContain(`<section id="${id}" aria-labelledby="${id}-title">`);
    }
  });

  it('draws the nights with their change points and holes, and tells of alerts', () => {
    const page = renderReportPage(nightly);
    expect(page).toContain('20 nights since 2026-07-01, 2 missed');
    expect(page).toContain('over 22 nights, 2 without a value, 1 change points');
    expect(page).toContain('<title>change on 2026-07-15: ');
    expect(page).toMatch(/<strong>image<\/strong> <bdi>shop-20260715-1<\/bdi> <small>known/);
    // What did not take place is no gap in the measuring.
    expect(page).toContain('<div class="lane absent">plain http</div>');
    expect(page).not.toContain('aria-label="tls: not available');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(renderReportPage(good)).not.toContain('<section id="nights"');
    const [alert] = nightly.nights?.alerts ?? [];
    const nights = nightly.nights && {
      ...nightly.nights,
      alerts: alert ? [{ ...alert, of: HOSTILE, where: HOSTILE, why: HOSTILE }] : [],
    };
    expect(renderReportPage({ ...nightly, nights })).not.toContain('<img');
  });

  it('sets primary and standby side by side', () => {
    const page = renderReportPage(good);
    expect(page).toContain('<section id="standby" aria-labelledby="standby-title">');
    expect(page).toContain('0 of 160');
  });

  it('tells how the failover was rehearsed, and by which parts its time went', () => {
    const timings = {
      ...{ detectMs: 2_400, decideMs: 90, fenceMs: 0, scaleMs: 0, flipMs: 140 },
      ...{ authoritativeMs: 440, effectiveMs: null, rtoMs: 3_100 },
    };
    const rehearsal: DrillReport['rehearsal'] = {
      ...{ service: 'shop', drillId: good.drillId, depth: 'shadow', outcome: 'FAILED' },
      ...{ why: HOSTILE, startedAtMs: 0, finishedAtMs: 9_000, rtoMs: 3_100, timings },
      ...{ lossMs: 800, executions: ['shop--shadow-3-1'], gates: [] },
    };
    const page = renderReportPage({ ...good, rehearsal });
    expect(page).toContain('<section id="rehearsal"');
    expect(page).toContain('failover report shop--shadow-3-1');
    expect(page).toContain('not measured');
    expect(page).not.toContain('<img');
    expect(renderReportPage(good)).not.toContain('<section id="rehearsal"');
  });

  it('leaves out the parts of a drill that ranked nothing', () => {
    const page = renderReportPage(empty);
    expect(page).not.toContain('<section id="ranking"');
    expect(page).toContain('<section id="method"');
  });
});

describe.skipIf(!existsSync(CHROMIUM))('in a browser', () => {
  let browser: Browser;
  let folder: string;
  const said: string[] = [];

  const open = async (report: DrillReport, width: number): Promise<Page> => {
    const file = path.join(folder, 'report.html');
    writeFileSync(file, renderReportPage(report));
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(pathToFileURL(file).href);
    return page;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'report-page-'));
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
    browser = await chromium.launch({ executablePath: CHROMIUM, args });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ['a good drill', good],
    ['a drill with gates', gated],
    ['a drill over nights', nightly],
    ['an attack', attacked(gated)],
    ['an empty drill', empty],
    ['long names', longNamed],
  ])('says nothing on the console and fits 360 pixels: %s', async (_name, report) => {
    said.length = 0;
    const page = await open(report, 360);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const outside = await page.evaluate(`[...document.querySelectorAll('main *')]
      .filter((e) => !e.closest('.scroll, .heat-map') && e.getBoundingClientRect().right > 361)
      .map((e) => e.outerHTML.slice(0, 120))`);
    expect(outside).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    expect(said).toEqual([]);
    await page.close();
  });

  it('changes its theme by keyboard, and keeps the choice', async () => {
    const page = await open(good, 1_000);
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.focus('#theme');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    expect(await ground()).not.toBe(light);
    await page.reload();
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
    await page.close();
  });

  it('shows one variant of the heat map at a time, chosen by keyboard', async () => {
    const page = await open(good, 1_000);
    const shown = () =>
      page.evaluate(
        `[...document.querySelectorAll('#heat-panels > div')].filter((e) => e.offsetHeight > 0).map((e) => e.querySelector('caption bdi').textContent)`,
      );
    expect(await shown()).toEqual(['slim']);
    await page.focus('input[name=heat]');
    await page.keyboard.press('ArrowRight');
    expect(await shown()).toEqual(['fat']);
    await page.close();
  });

  it('moves nothing once it is shown', async () => {
    const page = await open(good, 1_000);
    const shift = await page.evaluate(`new Promise((resolve) => {
      let total = 0;
      new PerformanceObserver((list) => { for (const e of list.getEntries()) total += e.value; })
        .observe({ type: 'layout-shift', buffered: true });
      setTimeout(() => resolve(total), 300);
    })`);
    expect(shift).toBe(0);
    await page.close();
  });

  it('shows every panel on paper', async () => {
    const page = await open(good, 1_000);
    await page.emulateMedia({ media: 'print' });
    const hidden = await page.evaluate(
      `[...document.querySelectorAll('.panels > div')].filter((e) => e.offsetHeight === 0).length`,
    );
    expect(hidden).toBe(0);
    await page.close();
  });
});
