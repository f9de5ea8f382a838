import { declareCommand } from '../kit/declare-command.ts';

export const versionCommand = declareCommand({
  description: 'print the version, as --version does',
  options: {},
  page: 'README.md',
  examples: [
    ['relyable version', 'the number alone'],
    ['relyable version --json', 'the number in an object'],
  ],
  exitCodes: [[0, 'success']],
});
