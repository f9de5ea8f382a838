import { expect } from 'vitest';
import { runCli } from './run-cli.ts';

/** Runs `relyable webhooks check` against a handler that must be without fault: grade A, no warning. */
export async function expectGradeA(url: string, secret: string): Promise<void> {
  const { code, stdout, stderr } = await runCli(
    ['webhooks', 'check', url, '--json', '--timeout', '60s'],
    {
      env: { RELYABLE_WEBHOOK_SECRET: secret },
    },
  );
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const findings = lines.flatMap(({ id, finding }) => (finding ? [{ id, finding }] : []));
  expect(findings, stderr).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ type: 'summary', grade: 'A', errors: 0, warnings: 0 });
  expect(code).toBe(0);
}
