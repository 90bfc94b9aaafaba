import { openDocuments } from '../../aws/documents.ts';
import { DrillReport } from '../../events/drillReport.ts';
import type { DrillsAt } from './executions.ts';

/** The report that a drill left in the bucket of its home region. @throws DrillError `DataCorrupt` */
export const readReport = (
  { sdk, installation }: DrillsAt,
  reportKey: string,
): Promise<DrillReport> => openDocuments(installation.bucket, sdk).read(reportKey, DrillReport);
