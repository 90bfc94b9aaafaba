import * as z from 'zod';
import { openDocuments } from '../../aws/documents.ts';
import { openEventBus } from '../../aws/eventBus.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { FinishInput, FinishOutput } from '../../events/finishStep.ts';
import { entry } from '../_entry.ts';
import { SETTINGS } from '../_env.ts';
import { openTransitions } from '../_transition.ts';
import { finish } from './run.ts';

const { TABLE, BUCKET } = SETTINGS;

export const handler = entry({
  name: 'finish',
  env: z.object({ TABLE, BUCKET }),
  input: FinishInput,
  output: FinishOutput,
  make: (env, base) => {
    const table = openWatchTable(env.TABLE);
    const bus = openEventBus();
    const transitions = openTransitions({ table, bus, random: Math.random, ...base });
    const documents = openDocuments(env.BUCKET);
    return finish({ table, documents, bus, transitions, ...base });
  },
});
