import { parseApiUrl } from '../../config/values.ts';
import { SETTINGS } from '../../config/settings.ts';
import { flag, list, setting, text } from './options.ts';

const asGiven = (given: string): string => given;

/** `--store`, for every command that reads or writes captures. */
export const storeOption = text('--store <file>', 'where captures are stored');

/** `--secret` and `--secret-file`, for every command that signs or verifies. */
export const secretOptions = {
  secret: list(
    '--secret <value>',
    'signing secret (visible in the process list; prefer a file)',
    asGiven,
  ),
  secretFile: list('--secret-file <path>', 'file that holds the signing secret', asGiven),
};

/** Where the API is, for every command that reads the delivery log. */
export const apiOptions = {
  apiUrl: setting('--api-url <url>', 'the API', parseApiUrl, SETTINGS.apiUrl),
  apiKeyFile: text('--api-key-file <file>', 'file that holds the API key (else RELYABLE_API_KEY)'),
};

/** `--insecure` and `--cacert`, which concern the target alone. */
export const tlsOptions = {
  insecure: flag('--insecure', "do not check the target's TLS certificate"),
  cacert: text('--cacert <file>', "trust this CA (PEM) for the target's certificate"),
};
