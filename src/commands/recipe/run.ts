import { join } from 'node:path';
import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { packagesOf, readManifest } from '../kit/guess-framework.ts';
import { projectRecipe } from '../kit/project-recipe.ts';
import { RECIPE_NAMES, type RecipeName } from '../kit/recipe-names.ts';
import { recipeCode, RECIPES } from '../kit/recipes.ts';
import { findWorkspace } from '../kit/workspace.ts';

/**
 * Prints the recipe for a framework: the one that is named, else the project's, or that of the one
 * app in its workspace.
 */
export async function run({ context, terminal, args }: Invocation<unknown>): Promise<number> {
  const { name, folder } = chooseRecipe(args[0], context.cwd);
  const { title } = RECIPES[name];
  const code = recipeCode(name, packagesOf(readManifest(folder)));
  terminal.show({
    text: () => code.trimEnd(),
    json: () => ({ type: 'recipe', v: 1, framework: name, title, code }),
  });
  return EXIT_SUCCESS;
}

/** A recipe, and the folder of the project that it is for. */
interface Choice {
  readonly name: RecipeName;
  readonly folder: string;
}

function chooseRecipe(given: string | undefined, cwd: string): Choice {
  if (given !== undefined) return { name: parseOneOf(RECIPE_NAMES)(given, 'recipe'), folder: cwd };
  const { apps } = findWorkspace(cwd);
  if (apps.length > 1) {
    throw new RelyableError('USAGE', `recipe: expected one app, found ${apps.join(', ')}`, {
      hint: `cd ${apps[0] ?? ''}, then relyable recipe`,
    });
  }
  const folder = join(cwd, apps[0] ?? '');
  const name = projectRecipe(folder);
  if (name !== null) return { name, folder };
  throw new RelyableError('USAGE', 'recipe: expected a framework, and found none in this folder', {
    hint: `name one of ${RECIPE_NAMES.join(', ')}`,
  });
}
