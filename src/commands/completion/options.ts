import { declareCommand } from '../kit/declare-command.ts';

/** The shells that have a completion script. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export const completionCommand = declareCommand({
  description: 'print the script that completes commands, options, events and capture ids',
  operands: [{ name: `<${SHELLS.join('|')}>`, help: 'your shell', words: SHELLS }],
  options: {},
  examples: [
    ['eval "$(relyable completion bash)"', 'bash 4 or newer, in ~/.bashrc'],
    ['source <(relyable completion zsh)', 'zsh, in ~/.zshrc after compinit'],
    ['relyable completion fish > ~/.config/fish/completions/relyable.fish', 'fish'],
    ['relyable completion powershell | Out-String | Invoke-Expression', 'PowerShell, in $PROFILE'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'unknown shell'],
  ],
});

/** What the completion scripts call at every TAB: the words so far, after a `--`. */
export const completeCommand = declareCommand({
  description: 'print the words that complete a command line',
  operands: [{ name: '[words...]', help: 'the command line so far' }],
  options: {},
  examples: [],
  exitCodes: [[0, 'success']],
});
