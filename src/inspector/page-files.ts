import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PageAnswer } from './answer.ts';

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

/** The built page's files by path; they hold nothing of a user, so they need no token. */
export function readPageFiles(folder: string): ReadonlyMap<string, PageAnswer> {
  return new Map(
    Object.entries(FILES).map(([path, [name, type]]) => [
      path,
      { status: 200, headers: { 'Content-Type': type }, body: readFileSync(join(folder, name)) },
    ]),
  );
}

/** For a browser without the cookie: the page needs the address that was printed. */
export const LOCKED: PageAnswer = {
  status: 401,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Relyable inspector</title>
<link rel="stylesheet" href="/page.css">
</head>
<body class="locked">
<main>
<h1>This page needs its address</h1>
<p>Open the address that <code>relyable webhooks inspect</code> or <code>relyable webhooks listen --inspect</code> printed. It contains a token that is new each time.</p>
</main>
</body>
</html>
`,
};
