/** The frameworks that have a recipe, by the names that `--framework` takes. */
export const RECIPE_NAMES = [
  'express',
  'fastify',
  'next',
  'next-pages',
  'nuxt',
  'sveltekit',
  'remix',
  'astro',
  'hono',
  'koa',
  'nestjs',
  'flask',
  'fastapi',
  'django',
  'rails',
  'laravel',
  'go',
  'spring',
] as const;

export type RecipeName = (typeof RECIPE_NAMES)[number];
