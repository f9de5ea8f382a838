import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** `relyable completion` has no flags of its own; its operand is the shell. */
export type CompletionFlags = Readonly<Record<string, never>>;

export function defineCompletion(command: Command): Command {
  command
    .description('print the script that completes commands, flags, events and capture ids')
    .argument('<bash|zsh|fish|powershell>', 'your shell');
  return addHelpExtras(command, {
    examples: [
      ['eval "$(relyable completion bash)"', 'bash 4 or newer, in ~/.bashrc'],
      ['source <(relyable completion zsh)', 'zsh, in ~/.zshrc after compinit'],
      ['relyable completion fish > ~/.config/fish/completions/relyable.fish', 'fish'],
      [
        'relyable completion powershell | Out-String | Invoke-Expression',
        'PowerShell, in $PROFILE',
      ],
    ],
    exitCodes: [
      [0, 'printed'],
      [2, 'no such shell'],
    ],
  });
}

/** What the completion scripts call at every TAB: the words so far, after a `--`. */
export function defineComplete(command: Command): Command {
  return command.argument('[words...]').allowUnknownOption();
}
