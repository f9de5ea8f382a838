import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import type { DoctorFinding } from '../../../src/commands/doctor/finding.ts';
import { formatFinding, formatVerdict } from '../../../src/commands/doctor/view.ts';

const plain = new Chalk({ level: 0 });
const finding: DoctorFinding = {
  check: 'target',
  level: 'failure',
  message: 'nothing listens at localhost:3000 (127.0.0.1: connection refused)',
  fix: 'start your app, or name its port: relyable doctor --to <port>',
};

it('is one line each where lines are not broken', () => {
  expect(formatFinding(finding, plain, Infinity)).toBe(
    `FAIL  target      ${finding.message}\n                  fix: ${finding.fix ?? ''}`,
  );
});

it.each([40, 60, 80, 200])('keeps to %i columns and under its own indent', (columns) => {
  const lines = formatFinding(finding, plain, columns).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.max(columns, 41));
  expect(lines.slice(1).every((line) => line.startsWith(' '.repeat(18)))).toBe(true);
  const words = lines
    .map((line) => line.trim())
    .join(' ')
    .replace(/^FAIL\s+target\s+/, '');
  expect(words).toBe(`${finding.message} fix: ${finding.fix ?? ''}`);
});

it('lets nothing from outside act on the terminal', () => {
  const hostile = formatFinding({ ...finding, message: 'a\u001B[2Jb\nc' }, plain, 80);
  expect(hostile).toContain('a\\u{1b}[2Jb\\nc');
});

it('says by words how bad it is, with and without colour', () => {
  const coloured = formatFinding(finding, new Chalk({ level: 1 }), 80);
  expect(coloured).toContain('FAIL');
  expect(coloured).toContain('\u001B[31m');
});

it('counts', () => {
  const ok: DoctorFinding = { check: 'node', level: 'ok', message: '', fix: null };
  const warning: DoctorFinding = { ...ok, level: 'warning' };
  expect(formatVerdict([ok])).toBe('nothing is broken');
  expect(formatVerdict([ok, warning])).toBe('nothing is broken, 1 warning');
  expect(formatVerdict([finding, finding, warning, warning])).toBe('2 failures, 2 warnings');
});
