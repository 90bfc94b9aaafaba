import * as z from 'zod';
import { openFunctionCalls } from '../../aws/functionCalls.ts';
import { openSecrets } from '../../aws/secrets.ts';
import { openWatchTable } from '../../aws/watchTable.ts';
import { EvaluateOutputShape } from '../../events/evaluation.ts';
import { FunctionUrlAnswer, FunctionUrlEvent } from '../../events/functionUrl.ts';
import { entry } from '../_entry.ts';
import { EVALUATE_FUNCTION, SERVICE, SIGNING_PARAMETER, TABLE } from '../_settings.ts';
import { approve } from './run.ts';

export const handler = entry({
  name: 'approve',
  env: z.object({ TABLE, SERVICE, EVALUATE_FUNCTION, SIGNING_PARAMETER }),
  input: FunctionUrlEvent,
  output: FunctionUrlAnswer,
  make: (env, base) => {
    const functions = openFunctionCalls();
    return approve({
      service: env.SERVICE,
      signingParameter: env.SIGNING_PARAMETER,
      table: openWatchTable(env.TABLE),
      secrets: openSecrets(),
      passOn: (word, signal) =>
        functions.call(env.EVALUATE_FUNCTION, word, EvaluateOutputShape, signal),
      ...base,
    });
  },
});
