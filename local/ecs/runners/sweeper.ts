// Started by the reaper's shell after the embedded cloud is gone: frees what its ledger names.
import { sweepRun } from './leftovers.ts';

const folder = process.argv[2];
if (folder !== undefined) await sweepRun(folder);
