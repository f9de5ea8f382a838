import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/signature/diagnosis/diagnosis.ts';
import { serialisePayload } from '../../../src/relyable/payload.ts';
import { WIRE_FORMATS } from '../../../src/relyable/wire-format.ts';
import type { JsonValue } from '../../../src/json/json-value.ts';
import { SAMPLES } from '../../../src/relyable/samples.ts';
import type { Verification } from '../../../src/signature/verify.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { hasPython, hasStack } from '../../support/stacks.ts';

const SECRET = 'whsec_test_stacks';

/** Documents in which writers differ: escapes, numbers, key order, duplicates, empties. */
const DOCUMENTS: readonly string[] = [
  ...Object.values(SAMPLES).map((sample) => JSON.stringify(sample)),
  '{"event":"x","score":70.0,"exp":7e1,"small":1e-7,"tiny":0.00001,"large":1e21,"n":1.5e300}',
  '{"z":1,"a":{"y":[],"b":{}},"list":[[],{},[1,{"k":null}]],"t":true}',
  '{"text":"Zoë <b>&\'x\'</b> a/b+c=d \\"q\\" \\u2028 \\ud83d\\ude00 \\b\\f\\n\\t\\u001f\\u007f"}',
  '{"text":"gr\\u00fc\\u00DFe","score":12.50,"key":"caf\\u00e9"}',
  '{"big":12345678901234567890,"id":9007199254740993,"neg":-0.0}',
  '{"a":1,"b":2,"a":3}',
  '{ "text": "😀" }',
  '{ "note": "nothing to escape" }',
];

interface Encoded {
  readonly document: string;
  readonly call: string;
  readonly bytes: Buffer;
}

/** Gives a program a document per line; it prints a line of `<line> <call> <base64>` for each call. */
function encode(command: string, args: readonly string[]): Encoded[] {
  const input = DOCUMENTS.map((document) => `${document}\n`).join('');
  const { stdout, stderr, status } = spawnSync(command, args, { input, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const encoded = stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [at = '', call = '', base64 = ''] = line.split('\t');
      const document = DOCUMENTS[Number(at)] ?? '';
      return { document, call, bytes: Buffer.from(base64, 'base64') };
    });
  expect(new Set(encoded.map(({ document }) => document))).toEqual(new Set(DOCUMENTS));
  return encoded;
}

function judge(held: Buffer, signed: Buffer): Verification {
  const signature = createHmac('sha256', SECRET).update(signed).digest('hex');
  return diagnose({ body: held, headers: [['X-Relyable-Signature', signature]] }, [
    { source: 'test', value: SECRET, role: 'chosen' },
  ]);
}

const PYTHON = `
import json, sys, base64
for at, line in enumerate(sys.stdin.buffer):
    value = json.loads(line)
    for name, options in {
        'Python json.dumps': {},
        'ensure_ascii=False': {'ensure_ascii': False},
        "separators=(',', ':')": {'separators': (',', ':')},
        'sort_keys=True': {'sort_keys': True},
        'indent=2': {'indent': 2},
        'indent=4': {'indent': 4, 'ensure_ascii': False, 'sort_keys': True},
    }.items():
        print(at, name, base64.b64encode(json.dumps(value, **options).encode('utf-8', 'surrogatepass')).decode(), sep='\\t')
    print(at, 'Python str()', base64.b64encode(str(value).encode()).decode(), sep='\\t')
`;

const PHP = `
foreach (file('php://stdin') as $at => $line) {
    $value = json_decode($line);
    foreach ([
        'PHP json_encode' => 0,
        'JSON_UNESCAPED_SLASHES' => JSON_UNESCAPED_SLASHES,
        'JSON_UNESCAPED_UNICODE' => JSON_UNESCAPED_UNICODE,
        'both' => JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES,
        'JSON_HEX' => 15,
        'JSON_PRETTY_PRINT' => JSON_PRETTY_PRINT,
        'JSON_PRESERVE_ZERO_FRACTION' => JSON_PRESERVE_ZERO_FRACTION,
    ] as $name => $flags) {
        echo $at, "\\t", $name, "\\t", base64_encode(json_encode($value, $flags)), "\\n";
    }
}
`;

const RUBY = `
require 'json'
require 'base64'
STDIN.each_line.with_index do |line, at|
  value = JSON.parse(line)
  { 'Ruby JSON.generate' => JSON.generate(value), 'to_json' => value.to_json,
    'Ruby JSON.pretty_generate' => JSON.pretty_generate(value) }.each do |name, text|
    puts "#{at}\\t#{name}\\t#{Base64.strict_encode64(text)}"
  end
end
`;

const GO = `package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
)

func show(at int, name string, text []byte) {
	fmt.Printf("%d\\t%s\\t%s\\n", at, name, base64.StdEncoding.EncodeToString(text))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for at := 0; lines.Scan(); at++ {
		var value any
		if err := json.Unmarshal(lines.Bytes(), &value); err != nil {
			panic(err)
		}
		text, _ := json.Marshal(value)
		show(at, "Go json.Marshal of a map", text)
		text, _ = json.MarshalIndent(value, "", "  ")
		show(at, "Go json.MarshalIndent", text)
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(value)
		show(at, "Encode, SetEscapeHTML(false)", out.Bytes())
	}
}
`;

function checkAll(encoded: readonly Encoded[]): void {
  for (const { document, call, bytes } of encoded) {
    const source = Buffer.from(document);
    if (bytes.equals(source)) continue;
    const verdict = judge(source, bytes);
    const about = `${call} of ${document}: ${bytes.toString()}`;
    expect(verdict.reasons, about).toContain('body_reserialized');
  }
}

describe('what other languages write is recognised', () => {
  it.skipIf(!hasPython)('Python json', () => checkAll(encode('python3', ['-c', PYTHON])));
  it.skipIf(!hasStack('php'))('PHP json_encode', () => checkAll(encode('php', ['-r', PHP])));
  it.skipIf(!hasStack('ruby'))('Ruby JSON', () => checkAll(encode('ruby', ['-e', RUBY])));
  it.skipIf(!hasStack('go', ['version']))('Go encoding/json', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'main.go'), GO);
    const program = join(folder, 'encode');
    const built = spawnSync('go', ['build', '-o', program, 'main.go'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(built.stderr).toBe('');
    checkAll(encode(program, []));
  });
});

it('every wire format is recognised from every other', () => {
  const wires = fc.constantFrom(...WIRE_FORMATS);
  const values = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.jsonValue({ maxDepth: 3 }), {
    maxKeys: 6,
  });
  fc.assert(
    fc.property(values, wires, wires, (value, here, there) => {
      const payload = { event: 'x', score: 70, data: value } as JsonValue;
      const held = serialisePayload(payload, here);
      const signed = serialisePayload(payload, there);
      // JavaScript itself moves numeric keys to the front.
      fc.pre(!/"\d+":/.test(held.toString()));
      fc.pre(!held.equals(signed) && held.length < 2000);
      expect(judge(held, signed).reasons, `${here} from ${there}`).toEqual(['body_reserialized']);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 20_000 },
  );
});

describe('and named', () => {
  const source = Buffer.from('{"b":"Zoë <b>/","a":70.0,"n":[]}');
  it.each([
    ['{"b": "Zo\\u00eb <b>/", "a": 70.0, "n": []}', 'Python json.dumps'],
    ['{"a":70,"b":"Zoë \\u003cb\\u003e/","n":[]}', 'Go json.Marshal of a map'],
    ['{"b":"Zo\\u00eb <b>\\/","a":70,"n":[]}', 'PHP json_encode'],
    ['{"b":"Zo\\u00eb \\u003Cb\\u003E\\/","a":70,"n":[]}', 'PHP json_encode(JSON_HEX_TAG'],
    ['{"b":"Zoë <b>/","a":70,"n":[]}', 'JSON.stringify'],
    ['{"b":"Zo\\u00EB \\u003Cb\\u003E/","a":70.0,"n":[]}', '.NET System.Text.Json'],
    ['{"b":"Zoë \\u003cb\\u003e/","a":70.0,"n":[]}', 'Gson toJson'],
    [
      '{\n  "b" : "Zoë <b>/",\n  "a" : 70.0,\n  "n" : [ ]\n}',
      'Jackson writerWithDefaultPrettyPrinter',
    ],
    ["{'b': 'Zoë <b>/', 'a': 70.0, 'n': []}", 'Python str() of a dict'],
    ['{"a": 70.0, "b": "Zoë <b>/", "n": []}', 'jsonb'],
  ])('%s', (signed, name) => {
    const verdict = judge(source, Buffer.from(signed));
    expect(verdict.reasons).toEqual(['body_reserialized']);
    expect(verdict.detail).toContain(name);
  });

  it('says which of the two was made from the other', () => {
    const original = Buffer.from('{"event": "x", "score": 70.0}');
    const rewritten = Buffer.from('{"event":"x","score":70}');
    expect(judge(original, rewritten).detail).toContain(
      'the signature was most likely made over a parsed and rewritten copy',
    );
    expect(judge(rewritten, original).detail).toContain(
      'the body here was most likely parsed and written again after it was signed',
    );
  });
});
