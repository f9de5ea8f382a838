import { decodeEntities, XML_ENTITIES } from './html-entities.ts';

/** Texts of error pages that say nothing beside the status. */
const EMPTY_TITLES = /^(error|server error|document|untitled)$/i;
/** Flask's and Apache's paragraph of every 500. */
const EMPTY_PARAGRAPH = /^The server encountered an internal error/i;
/** The most lines of a stack trace that belong to a message. */
const MAX_LINES = 4;

const ENTITIES = { ...XML_ENTITIES, nbsp: ' ' };

/**
 * What the error page of a framework says: its title, its heading, and the first lines of its preformatted
 * text, else its first paragraph. null if the text is not a page, or all of these are empty.
 */
export function htmlMessage(text: string): string | null {
  if (!/^\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|title|pre|h1)\b/is.test(text))
    return null;
  const page = text.replaceAll(/<(script|style|svg)\b.*?(?:<\/\1>|$)|<!--.*?(?:-->|$)/gis, '');
  const title = first(page, 'title');
  const parts = [
    title !== null && EMPTY_TITLES.test(title) ? null : title,
    first(page, 'h1'),
    first(page, 'h2'),
    firstLines(page) ?? firstParagraph(page),
  ].filter((part) => part !== null && part !== '');
  // A heading often repeats the title, and a trace the heading.
  const shown = parts.filter(
    (part, index) => !parts.some((other, at) => at !== index && holds(other, part, at < index)),
  );
  return shown.length === 0 ? null : shown.join('\n');
}

/** Whether a part is left out because another one contains it; of two equal parts the first stays. */
function holds(other: string | null, part: string | null, isBefore: boolean): boolean {
  if (other === null || part === null) return false;
  return other === part ? isBefore : other.includes(part);
}

function first(page: string, tag: string): string | null {
  const content = new RegExp(`<${tag}\\b[^>]*>(.*?)(?:</${tag}>|$)`, 'is').exec(page)?.[1];
  return content === undefined ? null : toText(content).replaceAll(/\s+/g, ' ').trim();
}

/**
 * The text of the first paragraph; null if it says nothing. On the pages of Django and Flask for a missing CSRF
 * token only the paragraph has the reason: title and heading state the status.
 */
function firstParagraph(page: string): string | null {
  const paragraph = first(page, 'p');
  return paragraph !== null && EMPTY_PARAGRAPH.test(paragraph) ? null : paragraph;
}

function firstLines(page: string): string | null {
  const content = /<pre\b[^>]*>(.*?)(?:<\/pre>|$)/is.exec(page)?.[1];
  if (content === undefined) return null;
  const lines = toText(content.replaceAll(/<br\s*\/?>/gi, '\n'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(0, MAX_LINES).join('\n');
}

function toText(html: string): string {
  return decodeEntities(html.replaceAll(/<\/?[a-z][^>]*>/gi, ''), ENTITIES);
}
