import { expect, it } from 'vitest';
import { parseListening } from '../../src/system/listening-ports.ts';

it.each([
  [
    '   0: 0100007F:1770 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 0 2763665 1 0 100 0 0 10 0',
    { port: 6000, inode: '2763665' },
  ],
  [
    '   1: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1 0 100 0 0 10 0',
    { port: 3000, inode: '77' },
  ],
  [
    '   2: 0100007F:1770 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 0 0 78 1 0 20 4 30 10 -1',
    null,
  ],
  ['  sl  local_address rem_address   st tx_queue', null],
  ['', null],
])('%s', (line, listening) => {
  expect(parseListening(line)).toEqual(listening);
});
