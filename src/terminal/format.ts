import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from './width.ts';

/** `0.4 ms`, `12 ms`, `1.5 s`, `2m 03s`, `1h 05m`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}

/** `812 B`, `1.2 KB`, `3.4 MB`, `5.6 GB`; units of 1024. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KB', 'MB', 'GB'] as const;
  // 1,048,575 bytes are 1.0 MB, not 1024.0 KB.
  const fits = (power: number): boolean => Number((bytes / 1024 ** power).toFixed(1)) < 1024;
  const power = fits(1) ? 1 : fits(2) ? 2 : 3;
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** A cache of the last formatted time, because a listener prints thousands of lines in the same second. */
let lastTime = { second: -1, utc: false, text: '' };

/** Local wall-clock time `HH:MM:SS`, or UTC with a trailing `Z`. */
export function formatTime(epochMs: number, utc = false): string {
  const second = Math.floor(epochMs / 1000);
  if (second !== lastTime.second || utc !== lastTime.utc) {
    lastTime = { second, utc, text: toClock(new Date(epochMs), utc) };
  }
  return lastTime.text;
}

function toClock(date: Date, utc: boolean): string {
  if (utc) return `${date.toISOString().slice(11, 19)}Z`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** A whole number with thousands separators, e.g. `20,000`. */
export function formatNumber(value: number): string {
  // Not toLocaleString: its first call costs as much time as starting Node.
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 request`, `2,000 requests`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatNumber(count)} ${count === 1 ? noun : plural}`;
}

/** The smallest width that text is wrapped to. A narrower column would be harder to read than broken lines. */
const NARROWEST = 24;

/**
 * Wraps a text to lines of at most `columns` (Infinity for one line). `indent` precedes each line after the
 * first. A longer word gets its own line. Colours take no columns.
 */
export function wrapText(text: string, indent: string, columns: number): string {
  if (columns === Infinity) return text;
  const width = Math.max(columns - displayWidth(indent), NARROWEST);
  const lines: string[] = [];
  // Spaces before the first word are kept.
  const start = /^ */.exec(text)?.[0] ?? '';
  let line = '';
  let used = start.length;
  for (const word of text.slice(start.length).split(' ')) {
    const taken = displayWidth(stripVTControlCharacters(word));
    if (line !== '' && used + 1 + taken > width) {
      lines.push(line.trimEnd());
      line = word;
      used = taken;
    } else {
      used += line === '' ? taken : 1 + taken;
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return start + [...lines, line].join(`\n${indent}`);
}

/**
 * Joins styled parts with two spaces, in lines of at most `columns`. A part that does not fit begins a new line
 * after `indent`, and is wrapped at words there. Empty parts are left out.
 */
export function wrapParts(parts: readonly string[], indent: string, columns: number): string {
  const [head = '', ...others] = parts.filter((part) => part !== '');
  // A pipe has no width, and `verify` prints thousands of lines into one.
  if (columns === Infinity) return [head, ...others].join('  ');
  const lines = [head];
  for (const part of others) {
    const line = lines.pop() ?? '';
    const longer = `${line}  ${part}`;
    if (displayWidth(stripVTControlCharacters(longer)) <= columns) lines.push(longer);
    else lines.push(line.trimEnd(), `${indent}${wrapText(part, indent, columns)}`);
  }
  return lines.join('\n');
}
