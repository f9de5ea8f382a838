/** Names of columns that distinguish a table of requests from other tables. */
const BODY_COLUMN = /^"?(raw[ _]?|request[ _]?)?(body|content|payload)"?$/i;
const HEADER_COLUMN = /^"?([\w -]*headers|x-[\w-]*signature)"?$/i;

/** Whether a text begins as a table with requests in its rows, such as an export of webhook.site. */
export function isCsv(start: string): boolean {
  const [line = ''] = start.split(/\r?\n/, 1);
  const columns = line.split(separatorOf(line)).map((name) => name.trim());
  return (
    columns.some((name) => BODY_COLUMN.test(name)) &&
    columns.some((name) => HEADER_COLUMN.test(name))
  );
}

function separatorOf(line: string): string {
  return [';', '\t'].find((mark) => line.includes(mark)) ?? ',';
}

/** The cells of each row of a table (RFC 4180). A quoted cell may contain separators, line ends and doubled quotes. */
export function readRows(text: string): string[][] {
  const separator = separatorOf(text.split(/\r?\n/, 1)[0] ?? '');
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^${separator}\\r\\n]*))(${separator}|\\r?\\n|$)`,
    'y',
  );
  const rows: string[][] = [];
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    // A quote is not closed, so the rest of the text is the cell.
    if (found === null) return [...rows, [...row, text.slice(cell.lastIndex)]];
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === separator) continue;
    rows.push(row);
    row = [];
  }
  return row.length === 0 ? rows : [...rows, [...row, '']];
}
