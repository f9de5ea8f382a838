#!/usr/bin/env node
import * as nodeModule from 'node:module';

nodeModule.enableCompileCache?.();
const { main, systemContext } = await import('../dist/main.js');
process.exitCode = await main(systemContext());
