import type { Command } from 'commander';

export interface HelpExtras {
  /** Commands that run as printed, with what they do. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** The exit codes that matter here. */
  readonly exitCodes: readonly (readonly [code: number | string, meaning: string])[];
}

/** Adds the examples and exit codes under a command's options. */
export function addHelpExtras(command: Command, extras: HelpExtras): Command {
  const examples = extras.examples.map(([line, does]) => `  $ ${line}\n      ${does}`);
  const codes = extras.exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`);
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.join('\n')}\n\nExit codes:\n${codes.join('\n')}`,
  );
}

/** commander's collector for an option that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** `--secret` and `--secret-file`, the same on every command that signs or verifies. */
export function addSecretOptions(command: Command): Command {
  return command
    .option(
      '--secret <value>',
      'signing secret (visible in the process list; prefer a file)',
      collect,
    )
    .option('--secret-file <path>', 'file that holds the signing secret', collect);
}

/** `--insecure` and `--cacert`, which concern the target alone. */
export function addTlsOptions(command: Command): Command {
  return command
    .option('--insecure', "do not check the target's TLS certificate")
    .option('--cacert <file>', "trust this CA (PEM) for the target's certificate");
}
