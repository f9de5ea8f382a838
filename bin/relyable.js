#!/usr/bin/env node
'use strict';

require('node:module').enableCompileCache?.();
const { main, systemContext } = require('../dist/main.cjs');

void (async () => {
  process.exitCode = await main(systemContext());
})();
