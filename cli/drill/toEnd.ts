/** Follows a drill to its end, and tells what it found. */
import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { samplingOf } from '../../core/drill/profiles.ts';
import { toTell } from '../../core/report/nights.ts';
import { formatMs } from '../../core/units.ts';
import type { Config } from '../../events/config.ts';
import { shownPath } from '../dataFolder.ts';
import { EXIT } from '../failure.ts';
import type { Output } from '../output/output.ts';
import { reportLines } from '../output/reportText.ts';
import { writeReportPage } from '../report/page.ts';
import { type DrillsAt, failureOf } from './executions.ts';
import { follow, openScreen } from './follow.ts';
import { executionEnd, type NotifyEnd } from './outcome.ts';
import { startOfProgress } from './progress.ts';
import { readReport } from './readReport.ts';

/** What an execution was asked for may differ from what this call asks for, when it is gone on with. */
const profileOf = async (sfn: SFNClient, executionArn: string): Promise<string | undefined> => {
  const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return /"profile":"(quick|nightly)"/.exec(input ?? '')?.[1];
};

const notifyLine = (notify: NotifyEnd, where: string): string =>
  notify.status === 'failed' ? `Slack was not told: ${notify.reason ?? 'no reason given'}` : where;

export type Drilled = {
  readonly sfn: SFNClient;
  readonly executionArn: string;
  readonly drills: DrillsAt;
  readonly config: Config;
  readonly variants: number;
  /** Where the page is written. */
  readonly dataDir: string;
  /** Where Slack messages go, for people. */
  readonly slack: string;
  /** Between two looks at how far it is. */
  readonly pollMs: number;
};

/** Answers the exit code. @throws DrillError by the name of what failed */
export const toEnd = async (
  { sfn, executionArn, drills, config, variants, dataDir, slack, pollMs }: Drilled,
  output: Output,
  signal: AbortSignal,
): Promise<number> => {
  const profile = (await profileOf(sfn, executionArn)) ?? config.drill.profile;
  const sampling = samplingOf(
    profile === 'quick' || profile === 'nightly' ? profile : config.drill.profile,
    variants,
  );
  const from = startOfProgress(sampling.rounds.max);
  const following = { from, screen: openScreen(process.stderr), pollMs };
  const ended = await follow(sfn, executionArn, following, signal);
  if (ended.status !== 'SUCCEEDED') throw await failureOf(sfn, executionArn);
  const { reportKey, notify, anomalies } = executionEnd(ended.output);
  const report = await readReport(drills, reportKey);
  const page = writeReportPage(dataDir, report);
  output.result(report, (style) => [
    ...reportLines(report, style),
    // Counted from the start of the process: what a person waited.
    `Report: ${shownPath(page)}   (${formatMs(performance.now())} in all)`,
    notifyLine(notify, slack),
  ]);
  const unjudged = anomalies?.status === 'failed';
  if (unjudged) output.note(`  the nights could not be judged: ${anomalies?.reason ?? 'unknown'}`);
  const told = report.nights ? toTell(report.nights).told.length : 0;
  const marked = report.problems.length > 0 || told > 0 || unjudged || notify.status === 'failed';
  return marked ? EXIT.marked : EXIT.ok;
};
