import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/json/document.ts';
import type { HeaderPair } from '../../../../src/request/request.ts';
import {
  bodyForms,
  transportForms,
} from '../../../../src/signature/diagnosis/bodies/body-forms.ts';
import type { BodyForm } from '../../../../src/signature/diagnosis/bodies/form.ts';
import { listFile, shownBytes, toList, twiceEach } from '../../../support/lists.ts';

const FORM: readonly HeaderPair[] = [['Content-Type', 'application/x-www-form-urlencoded']];
const JSON_TEXT = '{"event":"x","n":1.50,"t":"é <b>&\'/"}';
const encoded = encodeURIComponent(JSON_TEXT);

type Sample = readonly [body: string | Buffer, headers?: readonly HeaderPair[]];

/** Bodies as something in transport, a sender, a receiver or a person who copied them left them. */
const SAMPLES: readonly Sample[] = [
  // json
  [JSON_TEXT],
  [`${JSON_TEXT}\n`],
  ['{\n  "a": 1\n}'],
  // line ends
  ['{"a":1}\r\n'],
  ['{\r\n"a":1,\n"b":2}\r'],
  ['{"a":1}\n\n'],
  ['\ufeff{"a":1}'],
  ['\ufeff\ufeff{"a":1}\n'],
  // compression
  [
    Buffer.from('1f8b0800000000000003ab564a54b232ac0500afac1b5607000000', 'hex'),
    [['Content-Encoding', 'gzip']],
  ],
  // forms
  [`payload=${encoded}`, FORM],
  [`${encoded}=`, FORM],
  [`{"${JSON_TEXT.replaceAll('"', '\\"')}":""}`, FORM],
  ['a=1&b%5Bc%5D=x+y&d=%C3%A9', FORM],
  [`a=1&body=${encoded}&c=%7B%7D`, FORM],
  ['%7B%22a%22:1%7D', [['content-type', 'Application/X-WWW-Form-Urlencoded; charset=utf-8']]],
  ['a=%zz', FORM],
  ['payload={"a":1}'],
  ['{"{\\"a\\":\\"b":"c\\"}"}', FORM],
  [
    '--x y\r\nContent-Type: application/json\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x y\r\nContent-Disposition: form-data; name="data"\r\n\r\n{"b":2}\r\n--x y--\r\n',
    [['Content-Type', 'multipart/form-data; boundary="x y"']],
  ],
  [
    '--x\r\nContent-Disposition: form-data; name="payload"\r\n\r\n{"a":1}\r\n--x--\r\n',
    [['Content-Type', 'multipart/form-data; boundary=x']],
  ],
  // encodings
  [Buffer.from(JSON_TEXT).toString('base64')],
  [Buffer.from(JSON_TEXT).toString('hex')],
  [`"${Buffer.from('{"a":1}').toString('base64')}"`],
  [`data:application/json;base64,${Buffer.from('{"a":1}').toString('base64')}`],
  [JSON.stringify(Buffer.from('{"a":1}'))],
  [[...Buffer.from('{"a":1}')].join(',')],
  [JSON.stringify(JSON_TEXT)],
  ['"\\u00e9 and more'],
  [`{"text":"${'long '.repeat(20)}"}`],
  [Buffer.from([0, 127, 128, 255, 10, 13, 9, 39, 92])],
  ['-_-_-_-_-_8'],
  ['eyJhIjo\r\nxfQ=='],
  ['eyJhIjo\\nxfQ'],
  [`\`${Buffer.from('{"a":"b"}').toString('base64')}\``],
  ['data:text/plain;charset=utf-8;base64,eyJhIjoxfQ=='],
  ['eyJhIjoxfQ!='],
  ['7b 22 61 22 3a 31 7d'],
  ['0x7b,0x22,0x61,0x22,0x3a,0x31,0x7d'],
  ['\\x7b\\x22\\x61\\x22\\x3a\\x31\\x7d'],
  ['7B-22-61-22-3A-31-7'],
  ['{ "type" : "Buffer" , "data" : [ 123, 125 ] }'],
  ['{"type":"Buffer","data":[123,125]} '],
  ['Uint8Array(2) [\n  123, 125\n]'],
  ['[123 34 97 34 125]'],
  ['{ "0" : 123, "1" : 34, "10": 125 }'],
  ['{"0":123,"1":34}'],
  ['[-128, 34, 127, 255]'],
  ['[-129, 34, 127]'],
  ['[256, 34, 127]'],
  ['<Buffer 7b 22 61 22 3a 31 7d>'],
  ['<Buffer 7b 22 61 > and more'],
  ['bytearray(b"{\\t\\n\\r\\x41\\\\\'}")'],
  ["say b'{}' twice"],
  // envelopes
  [JSON.stringify({ body: JSON_TEXT, isBase64Encoded: false })],
  [
    JSON.stringify({
      body: Buffer.from(JSON_TEXT).toString('base64'),
      isBase64Encoded: true,
      headers: {},
    }),
  ],
  [JSON.stringify({ data: { payload: JSON_TEXT } })],
  // copies
  ['{&quot;a&quot;:&quot;b &amp; c&quot;}'],
  ['{\\"a\\":\\"b\\"}'],
  ['{“a”:\u00a0“b”}'],
  ['b\'{"a":"\\xc3\\xa9"}\''],
  ['2026-01-31T10:00:00Z INFO body: {"a":1}'],
  ['<pre>{"a":1}</pre>'],
  ['<b>{"a":"x &lt;i&gt; &#39;y&#39; &#x27;z&#x27; &nbsp;"}</b>'],
  ['‘{‘a’: ‘b…’ – ‘c—d’}’'],
  ['{\\"a\\":\\"b\\\\n\\u00e9\\"}'],
  ['\'{"a":1}\''],
  ['body={"a":1};'],
  ['{"a":"x\\u2028y\u00a0z"}'],
  // printed
  ["{'a': 'b', 'c': True, 'd': None, 'e': [1, 2.0]}"],
  ['{"a"=>"b", :c=>nil, "d"=>true}'],
  ["{ a: 'b', c: null, d: [ 1, 2 ] }"],
  // charsets
  [Buffer.from('{"a":"é"}', 'latin1')],
  [Buffer.from('{"a":"é"}', 'utf16le')],
  ['{"a":"Ã©"}'],
  ['{"a":"😀 – “x” ß"}'],
  ['{"a":"?"}'],
  ['{"a":"Å ﬁ Ⅳ ① ñ ł œ € ½"}'],
  ['{"a":"e\u0301 🇩🇪 \ud83d"}'],
  [Buffer.from('feff007b007d', 'hex')],
  [Buffer.from('7b2261223a2280939485222c2262223a22e9227d', 'hex')],
  // cut
  ['{"a":[1,{"b":"c'],
  ['{"a":1,'],
  ['not json'],
];

function line({ reason, name, bytes, isInner = false }: BodyForm): string {
  return `  ${reason}${isInner ? ' (inner)' : ''}, ${name}: ${shownBytes(bytes)}`;
}

describe('the forms of a body', () => {
  it('are listed for the samples: those that are read from one for each, others for two', async () => {
    const isListed = twiceEach();
    const lines = SAMPLES.flatMap(([value, headers = []]) => {
      const body = Buffer.from(value);
      const forms = bodyForms(body, headers, readDocument(body)).filter(
        (form) => form.isInner === true || isListed(form),
      );
      return [shownBytes(body), ...forms.map(line)];
    });
    await expect(toList(lines)).toMatchFileSnapshot(listFile('body-forms'));
  });

  it('are never the body itself, and each says what it is', () => {
    for (const [value, headers = []] of SAMPLES) {
      const body = Buffer.from(value);
      for (const { name, bytes } of bodyForms(body, headers, readDocument(body))) {
        expect(bytes.equals(body), name).toBe(false);
        expect(name).not.toBe('');
      }
    }
  });

  it('leave out encodings of the body where it was changed once before', () => {
    const body = Buffer.from('{"a":"é"}');
    const once = transportForms(body, [], { mayEncode: true });
    const again = transportForms(body, [], { mayEncode: false });
    expect(again.length).toBeLessThan(once.length);
    expect(once.map(({ name }) => name)).toEqual(
      expect.arrayContaining(again.map(({ name }) => name)),
    );
  });
});
