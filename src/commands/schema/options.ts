import { EVENT_TYPES } from '../../relyable/event-type.ts';
import { declareCommand } from '../kit/declare-command.ts';

export const schemaCommand = declareCommand({
  description: 'print the JSON Schema of an event',
  operands: [{ name: '<event>', help: EVENT_TYPES.join(', '), words: EVENT_TYPES }],
  options: {},
  page: 'docs/library.md',
  examples: [
    ['relyable webhooks schema test_run.completed', 'its JSON Schema (2020-12)'],
    ['relyable webhooks schema test_run.failed > test_run.failed.json', 'for a code generator'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'unknown event'],
  ],
});
