import type { ChalkInstance } from 'chalk';
import { type Explanation, fingerprint } from '../../signature/diagnosis/diagnosis.ts';
import {
  type Difference,
  type Excerpt,
  printableBytes,
} from '../../signature/diagnosis/difference.ts';
import { explanationSteps } from '../../signature/diagnosis/explanation-steps.ts';
import { formatCount, formatNumber, wrapText } from '../../terminal/format.ts';
import { RECIPE_NAMES, type RecipeName } from '../kit/recipe-names.ts';
import { LIBRARY, RECIPES } from '../kit/recipes.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { ShownExplanation } from './view.ts';

/** An explanation as it is shown under its verdict. */
export function showExplanation(explanation: Explanation): ShownExplanation {
  return {
    text: (style) => formatExplanation(style, explanation),
    json: () => explanationSteps(explanation),
  };
}

/** The steps behind a verdict, indented under its lines. */
function formatExplanation(style: ChalkInstance, explanation: Explanation): string {
  const { received, signed, difference, tried } = explanation;
  const row = (label: string, value: string): string =>
    `    ${style.dim(label.padEnd(12))}${value}`;
  const lines = [row('body here', describeBytes(received))];
  if (signed === null) {
    lines.push(row('signed', 'unknown: none of the explanations tried matches this signature'));
  } else if (signed.bytes.equals(received)) {
    lines.push(row('signed', 'the same bytes'));
  } else {
    lines.push(row('signed', describeBytes(signed.bytes)), row('', safeLine(signed.name)));
  }
  if (difference !== null) lines.push(...formatDifference(style, difference, row));
  if (tried !== null) {
    const { bodies, keys, macs } = tried;
    lines.push(
      row(
        'tried',
        `${formatCount(bodies, 'form')} of the body, ${formatCount(keys, 'form')} of the secrets, ${formatCount(macs, 'HMAC')}`,
      ),
    );
  }
  return lines.join('\n');
}

function describeBytes(bytes: Buffer): string {
  const { length, sha256 } = fingerprint(bytes);
  return `${formatCount(length, 'byte')}, SHA-256 ${sha256}`;
}

function formatDifference(
  style: ChalkInstance,
  { offset, received, signed }: Difference,
  row: (label: string, value: string) => string,
): string[] {
  return [
    row('differ from', `byte ${formatNumber(offset)}`),
    row('  here', formatExcerpt(style, received)),
    row('  signed', formatExcerpt(style, signed)),
  ];
}

/** The bytes around the first one that differs, which is marked with «». */
function formatExcerpt(style: ChalkInstance, { before, after }: Excerpt): string {
  if (after.length === 0) return `${printableBytes(before)}${style.red('«end»')}`;
  const marked = style.red(`«${printableBytes(after.subarray(0, 1))}»`);
  return `${printableBytes(before)}${marked}${printableBytes(after.subarray(1))}`;
}

/** Code that receives webhooks correctly, for one framework or for all; text only. */
export function recipesView(framework: RecipeName | undefined): View {
  return { text: (terminal) => `\n${formatRecipes(terminal, framework)}`, json: () => null };
}

function formatRecipes(
  { style, columns }: Pick<Terminal, 'style' | 'columns'>,
  framework: RecipeName | undefined,
): string {
  const names = framework === undefined ? RECIPE_NAMES : [framework];
  return names
    .map((name) => {
      const { title, code, withoutLibrary } = RECIPES[name];
      const recipe = `${style.bold(title)}\n\n${code.trimEnd().replace(/^(?=.)/gm, '    ')}`;
      if (withoutLibrary === undefined) return recipe;
      const other = `Without ${LIBRARY}: docs/recipes/${withoutLibrary.file} in the package relyable`;
      return `${recipe}\n\n${style.dim(wrapText(other, '', columns))}`;
    })
    .join('\n\n');
}
