// Runs every *.bench.mjs here, or those whose names are given: `npm run bench -- start-up`.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { missedClaims, ROOT } from './harness.mjs';

if (!existsSync(join(ROOT, 'dist/main.cjs'))) throw new Error('build first: npm run build');
const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.bench.mjs'));
for (const file of files) {
  if (wanted.length > 0 && !wanted.some((word) => file.includes(word))) continue;
  console.log(`\n${file.replace('.bench.mjs', '')}`);
  const { bench } = await import(join(import.meta.dirname, file));
  await bench();
}
const missed = missedClaims();
console.log(missed === 0 ? '\nall targets met' : `\n${missed} missed`);
process.exitCode = missed === 0 ? 0 : 1;
