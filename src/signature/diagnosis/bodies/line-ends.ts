import { type BodyForm, formMaker } from './form.ts';

const newline = formMaker('body_trailing_newline');
const crlf = formMaker('body_crlf');
const bom = formMaker('body_bom');

/** The body with other line ends, inside and at its end. */
export function lineEndForms(body: Buffer): BodyForm[] {
  const text = body.toString('latin1');
  const bytes = (changed: string): Buffer => Buffer.from(changed, 'latin1');
  const lf = text.replace(/\r\n/g, '\n');
  const allLf = text.replace(/\r\n?/g, '\n');
  return [
    newline('the body without its last line end', bytes(text.replace(/\r?\n$/, ''))),
    newline('the body without its last line feed', bytes(text.replace(/\n$/, ''))),
    newline('the body without the white space at its end', bytes(text.trimEnd())),
    newline('the body without the white space around it', bytes(text.trim())),
    newline('the body with a line feed at its end', bytes(`${text}\n`)),
    newline('the body with CRLF at its end', bytes(`${text}\r\n`)),
    newline('the body with a carriage return at its end', bytes(`${text}\r`)),
    newline('the body with two line feeds at its end', bytes(`${text}\n\n`)),
    newline('the body with two CRLF at its end', bytes(`${text}\r\n\r\n`)),
    newline('the body with a space at its end', bytes(`${text} `)),
    newline('the body with a line feed in front', bytes(`\n${text}`)),
    newline('the body with a space in front', bytes(` ${text}`)),
    crlf('the body with LF line ends instead of CRLF', bytes(lf)),
    crlf('the body with CRLF line ends instead of LF', bytes(lf.replace(/\n/g, '\r\n'))),
    crlf('the body with LF line ends instead of carriage returns', bytes(allLf)),
    crlf(
      'the body with CRLF line ends instead of carriage returns',
      bytes(allLf.replace(/\n/g, '\r\n')),
    ),
    crlf('the body with carriage returns as line ends', bytes(allLf.replace(/\n/g, '\r'))),
    crlf('the body without its carriage returns', bytes(text.replace(/\r/g, ''))),
    crlf('the body with CRLF doubled to CR CRLF', bytes(lf.replace(/\n/g, '\r\r\n'))),
    crlf('the body without its line ends', bytes(text.replace(/[\r\n]+/g, ''))),
  ];
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The body with and without a byte order mark, which may be repeated. */
export function bomForms(body: Buffer): BodyForm[] {
  let start = 0;
  while (body.subarray(start, start + 3).equals(BOM)) start += 3;
  if (start === 0) {
    return [
      bom('the body with a byte order mark in front', Buffer.concat([BOM, body])),
      bom('the body with two byte order marks in front', Buffer.concat([BOM, BOM, body])),
      bom(
        'the body with a byte order mark in front, read as latin-1',
        Buffer.concat([Buffer.from(BOM.toString('latin1'), 'utf8'), body]),
      ),
    ];
  }
  const marks = start === 3 ? 'its byte order mark' : 'its byte order marks';
  return [
    { ...bom(`the body without ${marks}`, body.subarray(start)), isInner: true },
    ...(start === 3 ? [] : [bom('the body with one byte order mark', body.subarray(start - 3))]),
  ];
}
