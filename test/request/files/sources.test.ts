import { expect, it } from 'vitest';
import { parseSource } from '../../../src/request/files/sources.ts';

it.each([
  ['-', { kind: 'stdin' }],
  ['last', { kind: 'capture', id: 'last' }],
  ['cap_1a', { kind: 'capture', id: 'cap_1a' }],
  ['dlv_1a-B_c', { kind: 'delivery', id: 'dlv_1a-B_c' }],
  ['delivery:77', { kind: 'delivery', id: '77' }],
  ['delivery:dlv_1', { kind: 'delivery', id: 'dlv_1' }],
  ['delivery:', { kind: 'path', path: 'delivery:' }],
  ['./dlv_1', { kind: 'path', path: './dlv_1' }],
  ['dlv_1.json', { kind: 'path', path: 'dlv_1.json' }],
  ['dlv_', { kind: 'path', path: 'dlv_' }],
])('%s', (operand, source) => {
  expect(parseSource(operand)).toEqual(source);
});
