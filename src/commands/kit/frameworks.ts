import type { RecipeName } from './recipe-names.ts';

/** The defaults of a web framework: where its dev server listens and which file holds its variables. */
export interface Framework {
  readonly name: string;
  /** The framework's recipe; null if there is none. */
  readonly recipe: RecipeName | null;
  /** The packages by which the framework is recognised. */
  readonly packages: readonly string[];
  /** Where its dev server listens by default. */
  readonly port: number;
  /** The path of the recipe's handler. */
  readonly path: string;
  /** The file its variables are read from by itself or by custom. */
  readonly envFile: '.env.local' | '.env';
  /** How an app reads that file, with `FILE` for its name; null if the framework reads it automatically. */
  readonly loads: string | null;
}

const NODE_LOADS = 'node --env-file=FILE …, or the dotenv package';
const PYTHON_LOADS = 'load_dotenv() of the python-dotenv package';

const PATH = '/webhooks/relyable';
/** Where the framework puts a folder of handlers below /api. */
const API_PATH = `/api${PATH}`;

function framework(
  name: string,
  port: number,
  options: Partial<Framework> & Pick<Framework, 'recipe'>,
): Framework {
  return { name, port, packages: [name], path: PATH, envFile: '.env', loads: null, ...options };
}

/** Frameworks in package.json, in order of preference: a meta-framework before the library it is built on. */
export const NODE_FRAMEWORKS: readonly Framework[] = [
  framework('next', 3000, { recipe: 'next', envFile: '.env.local' }),
  framework('nuxt', 3000, { recipe: 'nuxt', path: API_PATH }),
  framework('sveltekit', 5173, {
    recipe: 'sveltekit',
    packages: ['@sveltejs/kit'],
    envFile: '.env.local',
  }),
  framework('remix', 5173, {
    recipe: 'remix',
    packages: ['@remix-run/node', '@react-router/node'],
  }),
  framework('astro', 4321, { recipe: 'astro' }),
  framework('nestjs', 3000, { recipe: 'nestjs', packages: ['@nestjs/core'], loads: NODE_LOADS }),
  framework('fastify', 3000, { recipe: 'fastify', loads: NODE_LOADS }),
  framework('hono', 3000, { recipe: 'hono', loads: NODE_LOADS }),
  framework('koa', 3000, { recipe: 'koa', loads: NODE_LOADS }),
  framework('express', 3000, { recipe: 'express', loads: NODE_LOADS }),
];

/** Frameworks in requirements.txt, pyproject.toml or Pipfile. */
export const PYTHON_FRAMEWORKS: readonly Framework[] = [
  framework('django', 8000, { recipe: 'django', loads: PYTHON_LOADS }),
  framework('fastapi', 8000, { recipe: 'fastapi', loads: PYTHON_LOADS }),
  framework('flask', 5000, { recipe: 'flask', packages: ['flask', 'quart'], loads: PYTHON_LOADS }),
];

export const RAILS = framework('rails', 3000, {
  recipe: 'rails',
  loads: 'the dotenv-rails gem',
});
/** Routes of routes/api.php begin with /api. */
export const LARAVEL = framework('laravel', 8000, { recipe: 'laravel', path: API_PATH });
export const GO = framework('go', 8080, {
  recipe: 'go',
  loads: 'set -a; . ./FILE; set +a in its shell, or the package github.com/joho/godotenv',
});
export const SPRING = framework('spring', 8080, {
  recipe: 'spring',
  loads: 'spring.config.import=optional:file:FILE[.properties] in application.properties',
});

export const OTHER_FRAMEWORK: Framework = framework('other', 3000, { recipe: null, packages: [] });

/** The reason for a value that was not found in the project: the framework's default, or a guess. */
export function usualFor({ name }: Framework): string {
  return name === OTHER_FRAMEWORK.name ? 'a guess' : `usual for ${name}`;
}

export const FRAMEWORKS: readonly Framework[] = [
  ...NODE_FRAMEWORKS,
  ...PYTHON_FRAMEWORKS,
  RAILS,
  LARAVEL,
  GO,
  SPRING,
  OTHER_FRAMEWORK,
];
