const TIME = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const MINUTE = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** `14:03:22`, after the date if it is not today. */
export function formatTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const time = TIME.format(date);
  return date.toDateString() === now.toDateString() ? time : `${DAY.format(date)} ${time}`;
}

export function formatMinute(iso: string): string {
  return MINUTE.format(new Date(iso));
}

export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** `1 delivery`, `2,000 deliveries`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** The class and mark of a verdict; `?` where there was no signature to judge. */
export function markOf({ valid, reason }: { readonly valid: boolean; readonly reason: string }): {
  readonly tone: 'good' | 'bad' | 'odd';
  readonly mark: string;
} {
  if (valid) return { tone: 'good', mark: '✓' };
  return reason === 'signature_not_recorded'
    ? { tone: 'odd', mark: '?' }
    : { tone: 'bad', mark: '✗' };
}

/** `body_reserialized` → `body reserialized`. */
export function words(reason: string): string {
  return reason.replaceAll('_', ' ');
}

/**
 * Text from outside as one line without characters that reorder or hide it: they are shown as
 * escapes, because a page obeys them as a terminal does.
 */
export function safe(text: string): string {
  return text.replace(UNSAFE, escape);
}

/** The same for several lines. */
export function safeLines(text: string): string {
  return text.replace(UNSAFE, (char) => (char === '\n' || char === '\t' ? char : escape(char)));
}

// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
