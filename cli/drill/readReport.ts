import { openDocuments } from '../../aws/documents.ts';
import { DrillReport } from '../../events/drillReport.ts';
import { CREDENTIALS } from '../../local/stack/clients.ts';
import type { Session } from './session.ts';

/** The report that a drill left in the bucket of its home region. @throws DrillError `DataCorrupt` */
export const readReport = async (
  { cloud, installation }: Session,
  reportKey: string,
): Promise<DrillReport> => {
  const { bucket, homeRegion: region } = installation;
  const documents = openDocuments(bucket, {
    endpoint: cloud.endpoint,
    region,
    credentials: CREDENTIALS,
  });
  return documents.read(reportKey, DrillReport);
};
