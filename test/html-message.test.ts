import { expect, it } from 'vitest';
import { htmlMessage } from '../src/html-message.ts';

it.each([
  {
    what: 'Express 5',
    page: '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>TypeError: Cannot read &#39;id&#39; of undefined<br> &nbsp; &nbsp;at handle (/app/hooks.js:12:9)<br> &nbsp; &nbsp;at b<br> &nbsp; &nbsp;at c<br> &nbsp; &nbsp;at d</pre>\n</body>\n</html>',
    message: "TypeError: Cannot read 'id' of undefined\nat handle (/app/hooks.js:12:9)\nat b\nat c",
  },
  {
    what: 'Flask',
    page: '<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n<p>The server encountered an internal error.</p>',
    message: '500 Internal Server Error',
  },
  {
    what: 'Django with DEBUG',
    page: '<!DOCTYPE html><html><head><title>KeyError at /hooks</title><style>pre { color: red }</style></head><body><h1>KeyError at /hooks</h1><pre class="exception_value">&#x27;score&#x27;</pre><script>"<pre>no</pre>"</script></body></html>',
    message: "KeyError at /hooks\n'score'",
  },
  {
    what: 'a missing CSRF token in Django',
    page: '<!DOCTYPE html>\n<html lang="en"><head><title>403 Forbidden</title></head><body><div id="summary"><h1>Forbidden <span>(403)</span></h1>\n<p>CSRF verification failed. Request aborted.</p>\n<p>More information is available with DEBUG=True.</p></div></body></html>',
    message: '403 Forbidden\nForbidden (403)\nCSRF verification failed. Request aborted.',
  },
  {
    what: 'a missing CSRF token in Flask',
    page: '<!doctype html>\n<html lang=en>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n<p>The CSRF token is missing.</p>',
    message: '400 Bad Request\nThe CSRF token is missing.',
  },
  {
    what: 'nginx',
    page: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>',
    message: '502 Bad Gateway',
  },
  {
    what: 'a page that is cut off',
    page: '<html><body><h1>Boom</h1><pre>ValueError: x &lt; 1',
    message: 'Boom\nValueError: x < 1',
  },
])('of $what', ({ page, message }) => {
  expect(htmlMessage(page)).toBe(message);
});

it.each(['Invalid signature', '{"error":"<html>"}', '', '<xml/>', '<html><body>no</body></html>'])(
  'is none of %j',
  (text) => expect(htmlMessage(text)).toBeNull(),
);
