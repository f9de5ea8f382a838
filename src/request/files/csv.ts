import { type InputItem, unreadable } from './input.ts';
import { findRequests } from './json-requests.ts';
import { readRows } from './table-rows.ts';

/** The requests in the rows of a table: each row is an object with the columns as its members. */
export function parseCsv(bytes: Buffer, source: string): InputItem[] {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const [columns = [], ...rows] = readRows(text);
  return rows.flatMap((cells, at): InputItem[] => {
    if (cells.every((cell) => cell === '')) return [];
    const place = `row ${at + 2}`;
    if (cells.length !== columns.length) {
      const problem = `expected ${columns.length} cells as in the first row, got ${cells.length}`;
      return [{ kind: 'unreadable', error: unreadable(source, place, problem) }];
    }
    const row = Object.fromEntries(columns.map((name, index) => [name, cells[index]]));
    const items = findRequests(row, `${source}: ${place}`);
    return items.length > 0 ? items : [{ kind: 'skipped', why: 'a row without headers and body' }];
  });
}
