import { flag, list, text } from './options.ts';

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

/** `--insecure` and `--cacert`, which concern the target alone. */
export const tlsOptions = {
  insecure: flag('--insecure', "do not check the target's TLS certificate"),
  cacert: text('--cacert <file>', "trust this CA (PEM) for the target's certificate"),
};
