import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import { safeText } from '../../terminal/safe-text.ts';

/** A line of the user's app, marked as such and without its colours. */
export function formatAppLine(line: string, style: ChalkInstance): string {
  return `${style.dim('[app]')} ${safeText(stripVTControlCharacters(line))}`;
}
