import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../support/cli.ts';

/** Markdown files below a folder, as paths with `/` relative to the root of the project. */
function markdownFiles(folder: string, recursive = true): string[] {
  return readdirSync(join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => posix.join(folder, file.replaceAll('\\', '/')));
}

const PAGES = [
  ...markdownFiles('.', false),
  ...['docs', 'examples', 'fixtures'].flatMap((folder) => markdownFiles(folder)),
];

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A page's text without its code, in which brackets and `#` have other meanings. */
const prose = (page: string): string => read(page).replace(/^ *```[^]*?^ *```$/gm, '');

/** The anchors of a page's headings, by GitHub's rule. */
function anchors(page: string): Set<string> {
  const headings = [...prose(page).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

interface Link {
  readonly target: string;
  /** Path of the linked file or folder, relative to the root of the project. */
  readonly path: string;
  /** Empty if the link names no heading. */
  readonly anchor: string;
}

function relativeLinks(page: string): Link[] {
  return [...prose(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = '']) => {
    const [file = '', anchor = ''] = target.split('#');
    const path = file === '' ? page : posix.join(posix.dirname(page), file);
    return { target, path, anchor };
  });
}

it.each(PAGES)('%s links to files and headings that exist', (page) => {
  const broken = relativeLinks(page).filter(
    ({ path, anchor }) =>
      !existsSync(join(ROOT, path)) || (anchor !== '' && !anchors(path).has(anchor)),
  );
  expect(broken.map(({ target }) => target)).toEqual([]);
});

it.each([
  ['README.md', 'docs'],
  ['docs/decisions/README.md', 'docs/decisions'],
])('%s links to every page in %s', (index, folder) => {
  const linked = new Set(relativeLinks(index).map(({ path }) => path));
  const missing = markdownFiles(folder, false).filter(
    (page) => page !== index && !linked.has(page),
  );
  expect(missing).toEqual([]);
});

const decisions = markdownFiles('docs/decisions').filter((page) => !page.endsWith('README.md'));

it.each(decisions)('%s has the form of a decision, and is in the index', (page) => {
  const text = read(page);
  const form = /^# (\d+)\. (.+)\n\n(\d{4}-\d{2}-\d{2}) · (accepted|superseded by \d+)/.exec(text);
  const [, number = '', title = '', date = ''] = form ?? [];
  const line = `| ${number} | [${title}](${posix.basename(page)}) | ${date} | `;
  expect(read('docs/decisions/README.md')).toContain(line);
  const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, section]) => section);
  expect(sections).toEqual(['Context', 'Decision', 'Consequences']);
});

it.each(PAGES.filter((page) => !page.startsWith('docs/decisions/') && page !== 'CHANGELOG.md'))(
  '%s names files of the project that exist',
  (page) => {
    const paths = [
      ...read(page).matchAll(/`((?:src|test|bench|scripts|fixtures|bin)\/[\w./-]+)`/g),
    ];
    const missing = paths
      .map(([, path = '']) => path)
      .filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  },
);
