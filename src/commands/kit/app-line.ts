import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import { safeText } from '../../terminal/safe-text.ts';

/** A line of the output of the user's app, told apart from our own; its colours are dropped. */
export function formatAppLine(line: string, style: ChalkInstance): string {
  return `${style.dim('[app]')} ${safeText(stripVTControlCharacters(line))}`;
}
