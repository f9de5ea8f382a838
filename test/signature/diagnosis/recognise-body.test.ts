import { expect, it } from 'vitest';
import { recogniseBody } from '../../../src/signature/diagnosis/recognise-body.ts';

const CURL = 'a curl command';
const REQUEST = 'a request with its headers';
const HOLDS = 'text that holds a whole request';
const EVENT = 'an event or log entry that holds a request';
const PRINTED = 'an object as a language prints it, not JSON';
const LAID_OUT = 'JSON laid out over lines';

it.each<[body: string, what: string | null]>([
  ['', null],
  ['text', null],
  ['{"event":"x"}', null],
  ['curl https://app.test', CURL],
  ['$ curl -d x', CURL],
  ['$curl -d x', CURL],
  ['$   curl -d x', CURL],
  ['  curl -d x', CURL],
  ['curling', null],
  ['a curl -d x', null],
  ['POST /a HTTP/1.1\r\n\r\n', REQUEST],
  ['GET / HTTP/2\n', REQUEST],
  ['x POST /a HTTP/1.1', null],
  ['PO /a HTTP/1.1', null],
  ['POST /a HTTP/x', null],
  ['Host: a\n\n{}', REQUEST],
  ['Host: a\r\n\r\n{}', REQUEST],
  ['Host: a\r\nX-One: bcd\r\n\r\n{}', REQUEST],
  ['Host: a\nX-One: bcd\nX-Two: e\n\n{}', REQUEST],
  ['Host: a\nnot a header\n\n{}', null],
  ['Host: a\n{}', null],
  ['{}Host: a\n\n', null],
  ['<!doctype html>', 'HTML'],
  ['<HTML>', 'HTML'],
  ['<pre>{}</pre>', 'HTML'],
  ['x <html>', null],
  ['got X-Relyable-Signature: ab', HOLDS],
  ['{"isBase64Encoded":false}', EVENT],
  ['{"x-relyable-signature":"ab"}', HOLDS],
  [`{"a":"${'x'.repeat(5000)}","X-Relyable-Signature":"ab"}`, EVENT],
  ['{"headers":{},"body":""}', EVENT],
  ['{"headers":{},"request_body":""}', EVENT],
  ['{"headers":{}}', null],
  ['{"body":""}', null],
  ['{"a":1,"b":{"headers":{},"payload":1}}', EVENT],
  ['[{"headers":{},"content":1}]', EVENT],
  ['[1,2,{"headers":{},"content":1}]', EVENT],
  ['[1,2,3,{"headers":{},"content":1}]', null],
  ['{"a":{"b":{"c":{"headers":{},"body":""}}}}', EVENT],
  ['{"a":{"b":{"c":{"d":{"headers":{},"body":""}}}}}', null],
  ['[[[{"headers":{},"body":""}]]]', EVENT],
  ['[[[[{"headers":{},"body":""}]]]]', null],
  ['{"headers":{},"body":""}\n{"headers":{}}', EVENT],
  ['x {"headers":{},"body":""}', null],
  [`{"headers":{},"body":"${'x'.repeat(256 * 1024 - 24)}"}`, EVENT],
  [`{"headers":{},"body":"${'x'.repeat(256 * 1024 - 23)}"}`, null],
  ["{'event': True}", PRINTED],
  ['{"a":1}\n', null],
  ['{\n  "a": 1\n}', LAID_OUT],
  ['[ \t\r\n1]', LAID_OUT],
  ['{ "a":\n1}', null],
  ['{"a":[\n1]}', null],
])('%.60j', (body, what) => {
  expect(recogniseBody(Buffer.from(body))?.what ?? null).toBe(what);
});
