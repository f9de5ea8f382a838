import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { guessFramework } from './guess-framework.ts';
import type { RecipeName } from './recipe-names.ts';
import { type Recipe, RECIPES } from './recipes.ts';

/** The name of the recipe for a project's framework; null where none is found. */
export function projectRecipe(folder: string): RecipeName | null {
  const { recipe } = guessFramework(folder).value;
  return recipe === 'next' && usesPagesRouter(folder) ? 'next-pages' : recipe;
}

/** The same recipe as `projectRecipe` names. */
export function recipeOf(folder: string): Recipe | null {
  const name = projectRecipe(folder);
  return name === null ? null : RECIPES[name];
}

/** A project of Next.js without the folder of its app router. */
export function usesPagesRouter(folder: string): boolean {
  const has = (name: string): boolean =>
    [name, join('src', name)].some((path) => existsSync(join(folder, path)));
  return has('pages') && !has('app');
}
