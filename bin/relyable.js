#!/usr/bin/env node
'use strict';

require('node:module').enableCompileCache?.();
const { main, systemContext } = require('../dist/main.cjs');

main(systemContext()).then((exitCode) => {
  process.exitCode = exitCode;
});
