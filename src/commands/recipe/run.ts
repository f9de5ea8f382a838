import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { packagesOf, readManifest } from '../kit/guess-framework.ts';
import { projectRecipe } from '../kit/project-recipe.ts';
import { RECIPE_NAMES, type RecipeName } from '../kit/recipe-names.ts';
import { recipeCode, RECIPES } from '../kit/recipes.ts';

/** Prints the recipe for a framework: the one that is named, else the project's. */
export async function run({ context, terminal, args }: Invocation<unknown>): Promise<number> {
  const name = chooseRecipe(args[0], context.cwd);
  const { title } = RECIPES[name];
  const code = recipeCode(name, packagesOf(readManifest(context.cwd)));
  terminal.show({
    text: () => code.trimEnd(),
    json: () => ({ type: 'recipe', v: 1, framework: name, title, code }),
  });
  return EXIT_SUCCESS;
}

function chooseRecipe(given: string | undefined, folder: string): RecipeName {
  if (given !== undefined) return parseOneOf(RECIPE_NAMES)(given, 'recipe');
  const found = projectRecipe(folder);
  if (found !== null) return found;
  throw new RelyableError('USAGE', 'recipe: expected a framework, and found none in this folder', {
    hint: `name one of ${RECIPE_NAMES.join(', ')}`,
  });
}
