#!/usr/bin/env node
/** The process entry: the command line. */
import { run } from './cli/program.js';

process.exitCode = await run(process.argv);
