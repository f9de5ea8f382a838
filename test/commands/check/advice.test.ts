import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adviceFor } from '../../../src/commands/check/advice.ts';
import { FRAMEWORK_NAMES } from '../../../src/commands/check/view/report.ts';
import type { Framework } from '../../../src/commands/check/framework.ts';
import { ROOT } from '../../support/cli.ts';

test('every recipe that a finding names is there', () => {
  const frameworks = Object.keys(FRAMEWORK_NAMES) as Framework[];
  const recipes = frameworks.flatMap((name) => adviceFor('reserialised', name).recipe ?? []);
  expect(recipes.length).toBeGreaterThan(8);
  expect(recipes.filter((recipe) => !existsSync(join(ROOT, recipe)))).toEqual([]);
});

test('a finding that no handler shows how to avoid names no recipe', () => {
  expect(adviceFor('leaks-stack', 'express').recipe).toBeNull();
  expect(adviceFor('reserialised', null).recipe).toBeNull();
});
