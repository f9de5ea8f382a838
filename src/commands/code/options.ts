import { declareCommand } from '../kit/declare-command.ts';

/** The languages for which there is a module. */
export const LANGUAGES = ['python'] as const;

export const codeCommand = declareCommand({
  description: 'print a module that verifies webhooks in another language',
  operands: [{ name: `<${LANGUAGES.join('|')}>`, help: 'the language', words: LANGUAGES }],
  options: {},
  page: 'docs/library.md',
  examples: [
    ['relyable webhooks code python > relyable_webhooks.py', 'one file, no dependencies'],
    ['relyable webhooks code python --json', 'with the name of the file'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'unknown language'],
  ],
});
