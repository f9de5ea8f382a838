import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/signature/diagnosis/diagnosis.ts';
import { ROOT } from '../../support/cli.ts';

/** What JSON libraries of many languages wrote, recorded by `npm run stacks`. */
const FOLDER = join(ROOT, 'fixtures/encoders');
const SECRET = 'whsec_test_encoders';

const documents = readFileSync(join(FOLDER, 'documents.ndjson'), 'utf8').trimEnd().split('\n');

interface Recorded {
  readonly document: string;
  readonly call: string;
  readonly text: string;
}

function readRecorded(file: string): Recorded[] {
  return readFileSync(join(FOLDER, 'recorded', file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [number = '', call = '', text = ''] = line.split('\t');
      return { document: documents[Number(number)] ?? '', call, text: JSON.parse(text) as string };
    });
}

function reasonsOf(held: string, signed: string): readonly string[] {
  const signature = createHmac('sha256', SECRET).update(signed).digest('hex');
  const headers = [['X-Relyable-Signature', signature]] as const;
  return diagnose({ body: Buffer.from(held), headers }, [
    { source: 'test', value: SECRET, role: 'chosen' },
  ]).reasons;
}

describe('a signature over what another library wrote is explained', () => {
  it.each(readdirSync(join(FOLDER, 'recorded')))('%s', (file) => {
    const recorded = readRecorded(file).filter(({ document, text }) => document !== text);
    expect(recorded.length).toBeGreaterThan(10);
    for (const { document, call, text } of recorded) {
      const isSame = document === text.trimEnd();
      const reasons = reasonsOf(document, text);
      expect(reasons, `${call} of ${document}`).toContain(
        isSame ? 'body_trailing_newline' : 'body_reserialized',
      );
    }
  });
});
