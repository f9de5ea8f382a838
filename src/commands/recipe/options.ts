import { declareCommand } from '../kit/declare-command.ts';
import { RECIPE_NAMES } from '../kit/recipe-names.ts';

export const recipeCommand = declareCommand({
  description: 'print a handler that receives webhooks correctly',
  operands: [
    {
      name: '[framework]',
      help: `${RECIPE_NAMES.join(', ')} (default: as the project says)`,
      words: RECIPE_NAMES,
    },
  ],
  options: {},
  examples: [
    ['relyable recipe express', 'a complete file, with the route /webhooks/relyable'],
    ['relyable recipe next > route.js', 'for app/webhooks/relyable/route.js'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'unknown framework, or none or several found in this folder'],
  ],
});
