import { OTHER_FRAMEWORK } from './frameworks.ts';
import { guessFramework } from './guess-framework.ts';
import { RECIPE_NAMES } from './recipe-names.ts';
import { type Recipe, RECIPES } from './recipes.ts';

/** The recipe for the framework that a project's list of packages names; null where it names none. */
export function recipeOf(folder: string): Recipe | null {
  const { value } = guessFramework(folder);
  if (value === OTHER_FRAMEWORK) return null;
  const wanted = value.name === 'nest' ? 'nestjs' : value.name;
  const name = RECIPE_NAMES.find((it) => it === wanted);
  return name === undefined ? null : RECIPES[name];
}
