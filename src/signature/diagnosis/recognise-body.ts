import { readDocument } from '../../json/document.ts';
import { type JsonNode, readTree } from '../../json/tree.ts';
import { isPrintedObject } from './bodies/printed.ts';

/** A description of a body that is not the exact bytes of a webhook. */
export interface RecognisedBody {
  /** Completes "the body here is …". */
  readonly what: string;
  /** The next step for the user. */
  readonly step: string;
  /** The webhook is somewhere inside the body, so its signature could not be verified. */
  readonly isEnvelope: boolean;
}

/** The number of bytes at the start of a body that are examined. */
const HEAD_BYTES = 4096;
const MAX_TREE_BYTES = 256 * 1024;

/** Recognises envelopes, printed objects and laid-out copies; null for what may be a webhook. */
export function recogniseBody(body: Buffer): RecognisedBody | null {
  const head = body.toString('latin1', 0, HEAD_BYTES).trimStart();
  const text = recogniseText(head);
  if (text !== null) return text;
  if (/^[{[]/.test(head) && body.length <= MAX_TREE_BYTES) {
    const document = readDocument(body, { allowRest: true });
    const root = document === null ? null : readTree(document);
    if (root !== null && isEventEnvelope(root)) {
      return envelope(
        'an event or log entry that holds a request',
        'Verify the request inside: save its body alone (in AWS Lambda `event.body`, decoded from base64 where `event.isBase64Encoded` is true), and give its signature with --signature.',
      );
    }
  }
  if (readDocument(body) === null && isPrintedObject(body)) {
    return {
      what: 'an object as a language prints it, not JSON',
      step: 'Print or save the raw body, not the parsed object: the bytes cannot be made again from it.',
      isEnvelope: false,
    };
  }
  if (/^[{[][ \t]*\r?\n/.test(head)) {
    return {
      what: 'JSON laid out over lines',
      step: 'Verify the raw bytes instead of this copy: it was laid out, and webhooks are sent on one line.',
      isEnvelope: false,
    };
  }
  return null;
}

function envelope(what: string, step: string): RecognisedBody {
  return { what, step, isEnvelope: true };
}

function recogniseText(head: string): RecognisedBody | null {
  if (/^(?:\$\s*)?curl\s/.test(head)) {
    return envelope(
      'a curl command',
      'Run the command against `relyable webhooks listen`, and verify that capture.',
    );
  }
  if (/^[A-Z]{3,8} \S+ HTTP\/\d|^[\w-]+: [^\n]*\r?\n(?:[\w-]+: [^\n]*\r?\n)*\r?\n/.test(head)) {
    return envelope(
      'a request with its headers',
      'Verify the file without --signature: its own header is used.',
    );
  }
  if (/^(?:<!doctype|<html|<pre|<code|<span|<div)/i.test(head)) {
    return envelope('HTML', 'Copy the raw body, not the page that shows it.');
  }
  if (/x-relyable-signature/i.test(head)) {
    return envelope(
      'text that holds a whole request',
      'Save the body of the request inside alone, and give its signature with --signature.',
    );
  }
  return null;
}

const BODY_KEYS = new Set([
  'body',
  'rawbody',
  'content',
  'payload',
  'bodybase64',
  'postdata',
  'request_body',
  'textpayload',
]);

/** An object with headers and a body somewhere near its top. */
function isEventEnvelope(node: JsonNode, depth = 0): boolean {
  if (depth > 3) return false;
  if (node.kind === 'array')
    return node.items.slice(0, 3).some((item) => isEventEnvelope(item, depth + 1));
  if (node.kind !== 'object') return false;
  const keys = new Set(node.members.map(({ key }) => key.toLowerCase()));
  if (keys.has('isbase64encoded') || keys.has('x-relyable-signature')) return true;
  if (keys.has('headers') && [...BODY_KEYS].some((key) => keys.has(key))) return true;
  return node.members.some(({ value }) => isEventEnvelope(value, depth + 1));
}
