// Goal: where p50 and effect contradict each other the report says why, and nowhere else.
// Method: a report of made-up records, and the same with levels the other way round.
import { describe, expect, it } from 'vitest';
import { reportLines } from '../../../cli/output/reportText.ts';
import { plainStyle } from '../../../cli/output/style.ts';
import { crossedText } from '../../../core/report/crossed.ts';
import { primaryRanking } from '../../../core/report/words.ts';
import { renderReportPage } from '../../../dashboard/reportPage.ts';
import type { DrillReport } from '../../../events/drillReport.ts';
import { reportOfDrill } from '../../../functions/rank/report.ts';
import { drillRecords, FINISHED_AT } from '../../support/drillRecords.ts';

const REPORT = reportOfDrill(drillRecords(), FINISHED_AT);
const { reference } = REPORT;

/** The report with one level for every row but that of the reference. */
const withLevel = (levelMs: number): DrillReport => ({
  ...REPORT,
  rankings: REPORT.rankings.map((ranking) => ({
    ...ranking,
    rows: ranking.rows.map((row) =>
      row.v === reference ? { ...row, levelMs: 100 } : { ...row, levelMs },
    ),
  })),
});

const textOf = (report: DrillReport): string | undefined => {
  const ranking = primaryRanking(report.rankings);
  return ranking && crossedText(ranking, reference);
};

/** What is faster by its effect, though its level is higher. */
const CROSSED = withLevel(140);
const SAID =
  'distroless, web: p50 points the other way than the effect. p50 is over all rounds, the effect compares round by round, and ranks go by it.';

describe('a level that contradicts its effect', () => {
  it('is explained in the text and on the page', () => {
    expect(textOf(CROSSED)).toBe(SAID);
    expect(reportLines(CROSSED, plainStyle).join(' ')).toContain(SAID);
    expect(renderReportPage(CROSSED)).toContain(SAID);
  });

  it.each([
    ['as they were measured', REPORT],
    ['that read the same', withLevel(100.0001)],
  ])('is not spoken of for levels %s', (_, report) => {
    expect(textOf(report)).toBeUndefined();
    expect(reportLines(report, plainStyle).join(' ')).not.toContain('points the other way');
  });
});
