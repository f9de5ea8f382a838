import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  readSignature,
  type ReceivedSignature,
} from '../../../src/signature/diagnosis/readings.ts';
import { listFile, toList } from '../../support/lists.ts';

const digest = (algorithm: string): Buffer => createHmac(algorithm, 'key').update('x').digest();
const MAC = digest('sha256');
const HEX = MAC.toString('hex');
const OTHER = digest('sha3-256').toString('hex');
const BASE64 = MAC.toString('base64');
const list = (mark: string): string => [...MAC].join(mark);
const pairs = (mark: string): string => HEX.replace(/..(?=.)/g, `$&${mark}`);
const unpadded = [...MAC].map((byte) => byte.toString(16)).join('');

/** Header values as senders, libraries, proxies and logs write them. */
const VALUES: readonly (readonly string[])[] = [
  [HEX],
  [''],
  ['sha256=x'],
  [HEX.toUpperCase()],
  [` ${HEX} `],
  [BASE64],
  [MAC.toString('base64url')],
  [Buffer.from(HEX).toString('base64')],
  [Buffer.from(HEX).toString('hex')],
  [`sha256=${HEX}`],
  [`sha256 ${BASE64}`],
  [`0x${HEX}`],
  [`"${HEX}"`],
  [`'sha256=${HEX}'`],
  [`t=1737042000,v1=${HEX}`],
  [`t=${HEX}`],
  [`v1,${BASE64} v1,${Buffer.from(OTHER, 'hex').toString('base64')}`],
  [`${HEX}, ${OTHER}`],
  [`${HEX};${OTHER}`],
  [HEX, OTHER],
  [`keyId="a",signature="${BASE64}",ts=1737042000123`],
  [`{"signature":"${HEX}"}`],
  [`<${HEX}>`],
  [`whsec_${HEX}`],
  [`b'${HEX}'`],
  [encodeURIComponent(`sha256=${BASE64}`)],
  ['%zz'.concat(HEX)],
  [`${HEX}\\n`],
  [`\\"${HEX}\\"`],
  [`&quot;${HEX}&#34;&#x22;&amp;`],
  [`\u00e2\u0080\u008b${HEX}`],
  [HEX.slice(0, 32)],
  [HEX.slice(24)],
  [HEX.slice(0, 15)],
  [digest('sha1').toString('hex')],
  [digest('sha512').toString('hex')],
  [digest('sha384').toString('base64')],
  [digest('md5').toString('hex')],
  [pairs('-').toUpperCase()],
  [pairs(':')],
  [pairs(' 0x')],
  [list(',')],
  [list(' ')],
  [[...new Int8Array(MAC)].join(', ')],
  [list(',').replace(/^\d+/, '999')],
  [unpadded],
  [HEX.replace(/^./, '').padStart(62, '0').slice(0, 62)],
  [`00${HEX}`.slice(2).slice(2)],
  [[...MAC].map((byte) => (byte < 128 ? byte : 0xffffff00 + byte).toString(16)).join('')],
  [MAC.toString('latin1')],
  [MAC.toString('latin1').replace(/[\0-\x20]/g, '?')],
  ['a'.repeat(9000)],
  [`t=1737042000,${HEX}`],
  [`ts=2026-03-04T05:06:07Z;${HEX}`],
  [`t=${HEX},${HEX}`],
  [`xt=1737042000,${HEX}`],
  [`t=1737042000!,${HEX}`],
  [`${HEX} at 1737042000`],
  [`${HEX} at 1737042000123`],
  [`${HEX} at 17370420001`],
  [`${HEX} at x1737042000, 1737042000y`],
  [`t=1737042000,v1=${HEX} 1737042000`],
  [Array.from({ length: 20 }, (_, n) => 1_737_042_000 + n).join(' ')],
  [HEX, ''],
  [`v1,${BASE64}`],
  [`v12,${BASE64}   v1,${HEX}`],
  [`v1,${BASE64} v1a,${HEX}`],
  [`v1,${BASE64} v1a,${HEX} x`],
  [`x v1,${BASE64}`],
  [` ${HEX} ,\t${OTHER} `],
  [`"${HEX}" `],
  [`"${HEX}"x`],
  [`a b=${HEX}`],
  [`sha256=${HEX} x`],
  [`sha256=  ${HEX}`],
  ['sha256==='],
  [HEX.slice(0, 16)],
  [HEX.slice(0, 17)],
  [BASE64.replace('=', '')],
  [BASE64.slice(0, 40)],
  [BASE64.slice(0, 41)],
  [Buffer.from(digest('sha1').toString('hex')).toString('base64')],
  [Buffer.from(digest('sha512').toString('hex')).toString('base64')],
  [Buffer.from(`${HEX}00`).toString('base64')],
  [digest('sha1').toString('hex').slice(0, 20).toUpperCase()],
];

/** A line for each MAC that is read, with its algorithms: a header of 64 digits is one of five. */
function describeReadings({ readings, shapes, timestamps }: ReceivedSignature): string[] {
  const algorithms = new Map<string, string[]>();
  for (const { algorithm, hex, cut, reasons, notes } of readings) {
    const how = algorithm === 'sha256' ? `${reasons.join(' ')}; ${notes.join('; ')}` : '';
    const key = `${hex.length} digits ${hex.slice(0, 8)}…${hex.slice(-4)}, cut ${cut}`;
    const known = algorithms.get(key) ?? [];
    algorithms.set(key, known);
    known.push(how === '; ' || how === '' ? algorithm : `${algorithm} (${how})`);
  }
  return [
    ...timestamps.map((time) => `  timestamp ${time}`),
    ...Array.from(algorithms, ([key, names]) => `  ${key}: ${names.join(', ')}`),
    ...shapes.map(
      ({ text, write, reading }) =>
        `  shape, ${write(HEX) === text ? 'of this MAC' : `not ${JSON.stringify(write(HEX))}`}: ${reading.reasons.join(' ')}; ${reading.notes.join('; ')}`,
    ),
  ];
}

describe('the readings of a signature header', () => {
  it('are listed with their notation', async () => {
    const lines = VALUES.flatMap((values) =>
      [JSON.stringify(values).slice(0, 200)].concat(describeReadings(readSignature(values))),
    );
    await expect(toList(lines)).toMatchFileSnapshot(listFile('signatures'));
  });

  it('are of at most 16 header lines, and 16 values of each', () => {
    const many = Array.from({ length: 40 }, (_, at) => at.toString(16).padStart(64, 'a'));
    const wholeOf = (values: readonly string[]): readonly string[] =>
      readSignature(values)
        .readings.filter(({ algorithm, notes }) => algorithm === 'sha256' && notes.length === 1)
        .filter(({ notes }) => notes.includes('is one of 16 values'))
        .map(({ hex }) => hex);
    expect(wholeOf(many)).toEqual(many.slice(0, 16));
    expect(wholeOf([many.join(',')])).toEqual(many.slice(0, 16));
  });
});
