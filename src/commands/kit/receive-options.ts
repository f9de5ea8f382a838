import { LARGEST_BODY } from '../../config/defaults.ts';
import { SETTINGS } from '../../config/settings.ts';
import { parseHost, parseOneOf, parseSize, parseWhole } from '../../config/values.ts';
import { setting } from './options.ts';

const INVALID_POLICIES = ['reject', 'forward'] as const;

/** What `listen` and `relay` have in common: where they listen, and what they accept. */
export const receiveOptions = {
  port: setting(
    '-p, --port <n>',
    'port to listen on, 0 for any free one',
    parseWhole(0, 65_535),
    SETTINGS.port,
  ),
  host: setting('--host <addr>', 'address to listen on', parseHost, SETTINGS.host),
  invalid: setting(
    '--invalid <reject|forward>',
    'what to do with a request whose signature is missing or invalid',
    parseOneOf(INVALID_POLICIES),
    { words: INVALID_POLICIES, default: 'reject' },
  ),
  maxBody: setting(
    '--max-body <size>',
    `answer larger requests with 413; at most ${LARGEST_BODY}`,
    parseSize,
    SETTINGS.maxBody,
  ),
};
