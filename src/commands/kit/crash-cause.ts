import { htmlMessage } from '../../html-message.ts';

/** What an app's error message shows about its handler. */
export interface CrashCause {
  /** In a few words. */
  readonly what: string;
  readonly fix: string;
}

interface Fingerprint extends CrashCause {
  /** Matches the message in plain text and in JSON, where its quotes are escaped. */
  readonly pattern: RegExp;
}

/** Messages that Node and Python print for mistakes of webhook handlers, with the only cause of each. */
const FINGERPRINTS: readonly Fingerprint[] = [
  {
    pattern: /\\?"data\\?" argument must be .{0,200}Received an instance of Object/s,
    what: 'your handler signs an object, not bytes: a JSON parser ran before it',
    fix: 'verify the raw body, and parse it afterwards; `relyable recipe` prints handlers that do',
  },
  {
    pattern: /\\?"key\\?" argument must be .{0,200}Received undefined/s,
    what: 'your handler has no signing secret: it signs with undefined',
    fix: "set RELYABLE_WEBHOOK_SECRET in your app's environment, and start your app again",
  },
  {
    pattern: /'bytes' object has no attribute 'encode'/,
    what: "your handler calls .encode() on bytes, as the vendor's Python sample does with payload",
    fix: 'sign the bytes as they are: `hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()`',
  },
];

/** The cause that the body of an app's answer shows, an error page included; null where it shows none that is known. */
export function crashCauseOf(answer: Buffer): CrashCause | null {
  const text = answer.toString('utf8');
  return findCrashCause(htmlMessage(text) ?? text);
}

/** The cause that an app's answer, as text, shows; null where it shows none that is known. */
export function findCrashCause(text: string): CrashCause | null {
  const found = FINGERPRINTS.find(({ pattern }) => pattern.test(text));
  return found === undefined ? null : { what: found.what, fix: found.fix };
}
